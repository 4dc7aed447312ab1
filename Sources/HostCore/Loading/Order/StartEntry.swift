import PluginAPI

/// One enabled plugin of the configuration, as far as the start order is concerned.
public struct StartEntry: Hashable, Sendable {
    /// The plugin's name.
    public var name: String
    /// Where the configuration lists it, e.g. `config/development.yaml:14`.
    public var position: String
    /// Whether the host may not run without it.
    public var isRequired: Bool
    /// What it offers to others.
    public var provides: [CapabilityName]
    /// What must be there before it starts.
    public var requires: [CapabilityName]
    /// What should be there before it starts if anybody provides it at all.
    public var wants: [CapabilityName]
    /// The same of what may come and go later.
    public var follows: [CapabilityName]
    /// Why it cannot start, when its image did not load.
    public var failure: String?

    /// Describes a plugin by hand; a loaded one has `init(_:position:isRequired:)`.
    public init(
        name: String,
        position: String,
        isRequired: Bool = true,
        provides: [CapabilityName] = [],
        requires: [CapabilityName] = [],
        wants: [CapabilityName] = [],
        follows: [CapabilityName] = [],
        failure: String? = nil
    ) {
        self.name = name
        self.position = position
        self.isRequired = isRequired
        self.provides = provides
        self.requires = requires
        self.wants = wants
        self.follows = follows
        self.failure = failure
    }

    /// Describes a loaded plugin in a process of that topology.
    public init(
        _ descriptor: PluginDescriptor, position: String, isRequired: Bool = true, topology: Topology = .single
    ) {
        self.init(
            name: descriptor.name,
            position: position,
            isRequired: isRequired,
            provides: descriptor.provides(within: topology),
            requires: descriptor.requires,
            wants: descriptor.wants,
            follows: descriptor.follows
        )
    }
}
