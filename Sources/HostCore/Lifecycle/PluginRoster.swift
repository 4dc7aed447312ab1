import PluginAPI

/// The plugins that the configuration lists, loaded and made, in their start order. Nothing has been started.
public struct PluginRoster: Sendable {
    /// In start order.
    public let instances: [PluginInstance]
    /// Optional plugins that stay out, each with the reason.
    public let leftOut: [StartOrder.LeftOut]
    public let order: StartOrder

    /// Loads what is listed and enabled; nothing else is opened.
    ///
    /// - Throws: ``PluginRosterError`` with every problem of a required plugin.
    init(plugins: [PluginConfiguration], loader: PluginLoader, environment: PluginEnvironment) throws {
        try self.init(plugins: plugins, environment: environment) { try loader.load($0.reference) }
    }

    /// The same with images that come from elsewhere.
    init(
        plugins: [PluginConfiguration],
        environment: PluginEnvironment,
        load: (PluginConfiguration) throws -> PluginImage
    ) throws {
        var instances: [String: PluginInstance] = [:]
        var problems: [String] = []
        let entries = plugins.filter(\.isEnabled).map { plugin in
            let position = plugin.origin.description
            do {
                let image = try load(plugin)
                let instance = try PluginInstance(image: image, configuration: plugin, environment: environment)
                instances[image.descriptor.name] = instance
                return StartEntry(
                    image.descriptor, position: position, isRequired: plugin.isRequired,
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
}

/// The listed plugins cannot run together, or one that is required cannot run at all.
public struct PluginRosterError: Error, Sendable, CustomStringConvertible {
    public let problems: [String]

    /// One problem on each line.
    public var description: String { problems.joined(separator: "\n") }
}
