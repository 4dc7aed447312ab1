import PluginAPI

/// Makes the way between nodes over Redis.
public struct RedisFactory: PluginFactory {
    public let descriptor = PluginDescriptor(
        name: "Redis",
        version: "0.1.0",
        summary: "Joins several nodes over Redis: events between them, presence and rate limits over all.",
        provides: [
            Capability<any Bus>.bus.name, Capability<any PresenceDirectory>.presenceDirectory.name,
            Capability<any SharedLimiter>.rateLimits.name, Capability<any OpenChannels>.openChannels.name,
        ],
        requires: [Capability<any Store>.store.name],
        settings: RedisOptions.schema,
        metrics: RedisMeters.help
    )

    public init() {}

    public func make(_ context: PluginContext) throws -> any Plugin {
        RedisPlugin(options: try RedisOptions(context.settings), context: context)
    }
}

/// The image's entry.
@c(replyhq_plugin_redis)
public func entry() -> UnsafeMutableRawPointer { PluginHandle.export { RedisFactory() } }
