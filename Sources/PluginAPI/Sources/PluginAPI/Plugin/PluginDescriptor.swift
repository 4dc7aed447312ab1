/// What the host must know of a plugin before it makes one: pure data.
public struct PluginDescriptor: Sendable {
    /// The plugin's name, as in `lib<Name>.so` and in the configuration; compared without case.
    public var name: String
    /// The plugin's own version, such as `1.4.0`.
    public var version: String
    /// One line for `replyhq plugins`.
    public var summary: String
    /// What it offers to others once it has started.
    public var provides: [CapabilityName]
    /// What it offers besides when the configuration states that topology.
    public var providesWithin: [Topology: [CapabilityName]]
    /// What must be there before it starts.
    public var requires: [CapabilityName]
    /// What it uses if it is there; it then starts after the provider. When the provider comes, goes or is restarted on
    /// a live server, the plugin is restarted too, as it may have kept what it found.
    public var wants: [CapabilityName]
    /// What it uses if it is there, and asks for each time (``PluginContext/follow(_:changed:)``): it starts after the
    /// provider, and stays when the provider comes, goes or is restarted.
    public var follows: [CapabilityName]
    /// Every key of its `settings`; unknown ones are refused.
    public var settings: SettingsSchema
    /// What its metrics mean: one sentence for each name.
    public var metrics: [String: String]

    /// Makes a descriptor; what is left out is empty.
    public init(
        name: String,
        version: String,
        summary: String,
        provides: [CapabilityName] = [],
        providesWithin: [Topology: [CapabilityName]] = [:],
        requires: [CapabilityName] = [],
        wants: [CapabilityName] = [],
        follows: [CapabilityName] = [],
        settings: SettingsSchema = SettingsSchema(),
        metrics: [String: String] = [:]
    ) {
        self.name = name
        self.version = version
        self.summary = summary
        self.provides = provides
        self.providesWithin = providesWithin
        self.requires = requires
        self.wants = wants
        self.follows = follows
        self.settings = settings
        self.metrics = metrics
    }

    /// All that it offers in a process of that topology.
    public func provides(within topology: Topology) -> [CapabilityName] {
        provides + (providesWithin[topology] ?? [])
    }
}
