import PluginAPI

/// Makes the embedded store.
public struct SQLiteFactory: PluginFactory {
    public let descriptor = PluginDescriptor(
        name: "SQLite",
        version: "0.1.0",
        summary: "Keeps everything in one SQLite file, every acknowledged write synced to the disk.",
        provides: [Capability.store.name],
        settings: SQLiteOptions.schema,
        metrics: WriterObserver.help
    )

    public init() {}

    public func make(_ context: PluginContext) throws -> any Plugin {
        SQLitePlugin(options: try SQLiteOptions(context.settings), context: context)
    }
}

/// The image's entry.
@c(replyhq_plugin_sqlite)
public func entry() -> UnsafeMutableRawPointer { PluginHandle.export { SQLiteFactory() } }
