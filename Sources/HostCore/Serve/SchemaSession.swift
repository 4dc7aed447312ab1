import Logging
import NIOPosix
import PluginAPI

/// The schemas of the configured plugins for the length of one command, without starting any plugin.
public enum SchemaSession {
    /// A plugin that keeps a schema.
    public struct Keeper: Sendable {
        public let plugin: String
        public let schema: any SchemaManager
    }

    /// Lends the schemas of the enabled plugins that keep one, in the order of the configuration.
    ///
    /// - Parameter name: only this plugin's; nil means all.
    /// - Throws: ``SchemaMissing`` if there is none, `PluginLoadError` or ``ConfigurationErrors`` of a plugin, or what the
    ///   body throws.
    public static func run(
        _ configuration: EffectiveConfiguration,
        only name: String? = nil,
        _ body: ([Keeper]) async throws -> Void
    ) async throws {
        HostLogging.quiet()
        let eventLoops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let result = await Result {
            try await body(try keepers(configuration, only: name, environment(configuration, eventLoops)))
        }
        try? await eventLoops.shutdownGracefully()
        try result.get()
    }

    private static func keepers(
        _ configuration: EffectiveConfiguration,
        only name: String?,
        _ environment: PluginEnvironment
    ) throws -> [Keeper] {
        let wanted = configuration.host.plugins.filter { plugin in
            plugin.isEnabled && (name.map { $0.lowercased() == plugin.name.lowercased() } ?? true)
        }
        let loader = configuration.host.loader
        let keepers = try wanted.compactMap { plugin -> Keeper? in
            let image = try loader.load(plugin.reference)
            guard let factory = image.factory as? any SchemaManaging else { return nil }
            let context = environment.context(
                for: image.descriptor, settings: try plugin.resolve(image.descriptor.settings),
                logger: environment.logger, health: PluginHealth(clock: environment.clock))
            return Keeper(plugin: image.descriptor.name, schema: try factory.schema(context))
        }
        guard !keepers.isEmpty else { throw SchemaMissing(plugin: name) }
        return keepers
    }

    private static func environment(
        _ configuration: EffectiveConfiguration,
        _ eventLoops: MultiThreadedEventLoopGroup
    ) -> PluginEnvironment {
        let host = configuration.host
        let hub = RealtimeHub(eventLoops: Array(eventLoops.makeIterator()))
        return PluginEnvironment(
            host: HostServices(routes: RouteTable(), hub: hub),
            hub: hub,
            eventLoops: eventLoops,
            clock: SystemClock(),
            logger: Logger(label: "replyhq"),
            environment: host.environment,
            topology: host.topology,
            shutdown: ShutdownPolicy(notice: host.shutdown.notice, reconnectDelay: host.shutdown.reconnect)
        )
    }
}

/// No plugin that could be asked keeps a schema.
public struct SchemaMissing: Error, CustomStringConvertible {
    let plugin: String?

    public var description: String {
        guard let plugin else { return "no enabled plugin keeps a schema; enable SQLite or Postgres" }
        return "there is no enabled plugin \"\(plugin)\" that keeps a schema"
    }
}
