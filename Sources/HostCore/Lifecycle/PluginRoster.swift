import PluginAPI

/// The plugins that the configuration lists, loaded and made, in their start order. Nothing has been started.
public struct PluginRoster: Sendable {
    /// In start order.
    public private(set) var instances: [PluginInstance]
    /// Optional plugins that stay out, each with the reason.
    public let leftOut: [StartOrder.LeftOut]
    public let order: StartOrder

    /// Of no plugin.
    static let empty = PluginRoster(instances: [], leftOut: [], order: .empty)

    private init(instances: [PluginInstance], leftOut: [StartOrder.LeftOut], order: StartOrder) {
        self.instances = instances
        self.leftOut = leftOut
        self.order = order
    }

    /// Loads what is listed and enabled; nothing else is opened. Each is loaded and made on a thread of its own, and this
    /// one waits for it.
    ///
    /// - Parameters:
    ///   - limit: for loading and making each.
    ///   - reuse: an instance that runs already and is what the entry asks for.
    ///   - load: where images come from.
    /// - Throws: ``PluginRosterError`` with every problem of a required plugin.
    init(
        plugins: [PluginConfiguration],
        environment: PluginEnvironment,
        limit: Duration = .seconds(30),
        reuse: (PluginConfiguration) -> PluginInstance? = { _ in nil },
        load: @escaping @Sendable (PluginConfiguration) throws -> PluginImage
    ) throws {
        var instances: [String: PluginInstance] = [:]
        var problems: [String] = []
        let entries = plugins.filter(\.isEnabled).map { plugin in
            let position = plugin.origin.description
            do {
                let instance =
                    try reuse(plugin)
                    ?? Self.make(plugin.name, within: limit, environment) {
                        try PluginInstance(image: load(plugin), configuration: plugin, environment: environment)
                    }
                instances[instance.descriptor.name] = instance
                return StartEntry(
                    instance.descriptor, position: position, isRequired: plugin.isRequired,
                    topology: environment.topology)
            } catch let error as ConfigurationErrors where plugin.isRequired {
                // Each settings error states its own place.
                problems.append(error.description)
                return StartEntry(name: plugin.name, position: position, isRequired: false, failure: "invalid settings")
            } catch {
                return StartEntry(
                    name: plugin.name,
                    position: position,
                    isRequired: plugin.isRequired,
                    failure: PluginFailure.text(error)
                )
            }
        }
        do {
            order = try StartOrder(entries)
        } catch {
            throw PluginRosterError(problems: problems + [error.description])
        }
        guard problems.isEmpty else { throw PluginRosterError(problems: problems) }
        leftOut = order.leftOut
        self.instances = order.names.compactMap { instances[$0] }
    }

    /// The instance of a plugin.
    subscript(name: String) -> PluginInstance? { instances.first { $0.descriptor.name == name } }

    /// Puts new instances of the same plugins in the place of those that have been used up.
    mutating func renew(_ names: Set<String>, environment: PluginEnvironment, within limit: Duration) throws {
        instances = try instances.map { instance in
            guard names.contains(instance.descriptor.name) else { return instance }
            return try Self.make(instance.descriptor.name, within: limit, environment) {
                try instance.again(environment)
            }
        }
    }

    /// The same for each by itself.
    ///
    /// - Returns: the plugins that cannot be made again, each with what is wrong. They keep an instance that is used up.
    mutating func renewEach(
        _ names: Set<String>, environment: PluginEnvironment, within limit: Duration
    ) -> [String: any Error] {
        var failures: [String: any Error] = [:]
        for index in instances.indices where names.contains(instances[index].descriptor.name) {
            do {
                let instance = instances[index]
                instances[index] = try Self.make(instance.descriptor.name, within: limit, environment) {
                    try instance.again(environment)
                }
            } catch {
                failures[instances[index].descriptor.name] = error
            }
        }
        return failures
    }
}

extension PluginRoster {
    private static func make(
        _ name: String, within limit: Duration, _ environment: PluginEnvironment,
        _ body: @escaping @Sendable () throws -> PluginInstance
    ) throws -> PluginInstance {
        let step = environment.steps.begin("make()", of: name)
        defer { environment.steps.end(step) }
        guard let instance = try Bounded.onThread(named: name, for: limit, body) else {
            throw PluginMakeTimeout(limit: limit)
        }
        return instance
    }

    /// The same with images from where the loader looks.
    init(plugins: [PluginConfiguration], loader: PluginLoader, environment: PluginEnvironment) throws {
        try self.init(plugins: plugins, environment: environment) { try loader.load($0.reference) }
    }

    /// What the start order and a reload know of the plugins, in start order.
    var entries: [StartEntry] {
        instances.map { instance in
            let configuration = instance.configuration
            return StartEntry(
                instance.descriptor, position: configuration.origin.description, isRequired: configuration.isRequired)
        }
    }
}

/// A plugin was still being loaded or made at the limit.
struct PluginMakeTimeout: Error, CustomStringConvertible {
    let limit: Duration

    var description: String { "was not loaded and made within \(DurationText.format(limit))" }
}

/// The listed plugins cannot run together, or one that is required cannot run at all.
public struct PluginRosterError: Error, Sendable, CustomStringConvertible {
    public let problems: [String]

    /// One problem on each line.
    public var description: String { problems.joined(separator: "\n") }
}
