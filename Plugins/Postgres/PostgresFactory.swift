import PluginAPI

/// Makes the production store.
public struct PostgresFactory: PluginFactory {
    public let descriptor = PluginDescriptor(
        name: "Postgres",
        version: "0.1.0",
        summary: "Keeps everything in PostgreSQL: batched writes, nothing acknowledged before it is committed.",
        provides: [Capability.store.name],
        providesWithin: [
            .postgres: [Capability<any Bus>.bus.name, Capability<any PresenceDirectory>.presenceDirectory.name]
        ],
        settings: PostgresOptions.schema,
        metrics: [DriverObserver.help, ReplicaSet.help, LineMeters.help].reduce(into: [:]) { all, some in
            all.merge(some) { first, _ in first }
        }
    )

    public init() {}

    public func make(_ context: PluginContext) throws -> any Plugin {
        let options = try PostgresOptions(context.settings)
        if context.mayProvide(.bus) { try options.checkListening(context.settings) }
        return PostgresPlugin(options: options, context: context)
    }
}

/// The image's entry.
@c(replyhq_plugin_postgres)
public func entry() -> UnsafeMutableRawPointer { PluginHandle.export { PostgresFactory() } }
