import PluginAPI
import Synchronization

/// Provides the bus, the presence directory and the shared limits of several nodes from Redis.
final class RedisPlugin: Plugin {
    /// How long a start waits for Redis.
    private static let startPatience: Duration = .seconds(3)

    private struct Parts {
        var client: RedisClient
        var bus: ClusterBus?
        var limiter: RedisLimiter?
        var channels: RedisChannels?
    }

    private let options: RedisOptions
    private let context: PluginContext
    private let parts = Mutex<Parts?>(nil)

    init(options: RedisOptions, context: PluginContext) {
        self.options = options
        self.context = context
    }

    func start() async throws {
        let meters = RedisMeters(metrics: context.metrics)
        let client = try RedisClient(
            options, on: context.eventLoops.next(), scripts: LeaseScripts.all + BucketScripts.all,
            meters: meters)
        parts.withLock { $0 = Parts(client: client) }
        client.start()
        let failure = await client.untilConnected(within: Self.startPatience)
        if let failure, context.isRequired { throw Unreachable(server: client.summary, failure: failure) }
        await report(client)
        if context.isRequired { followInReadiness(client) }
        try provide(client, meters)
    }

    func stop() async {
        let parts = parts.withLock { $0.take() }
        await parts?.bus?.close()
        parts?.limiter?.close()
        parts?.channels?.close()
        await parts?.client.close()
    }

    private func provide(_ client: RedisClient, _ meters: RedisMeters) throws {
        let broker = RedisBroker(client: client, prefix: options.prefix, database: options.database)
        let bus = ClusterBus(
            broker: broker, store: try context.require(.store), eventLoop: context.eventLoops.next(),
            clock: context.clock, logger: context.logger)
        parts.withLock { $0?.bus = bus }
        try context.provide(bus, as: .bus)
        try context.provide(RedisPresenceDirectory(client: client, prefix: options.prefix), as: .presenceDirectory)
        let limiter = RedisLimiter(
            client: client, prefix: options.prefix, patience: options.limitPatience, logger: context.logger)
        parts.withLock { $0?.limiter = limiter }
        try context.provide(limiter, as: .rateLimits)
        let channels = RedisChannels(client: client, options: options, meters: meters)
        parts.withLock { $0?.channels = channels }
        try context.provide(channels as any OpenChannels, as: .openChannels)
    }

    /// A required way between nodes that is away makes the process unready: others serve meanwhile.
    private func followInReadiness(_ client: RedisClient) {
        context.healthCheck {
            do throws(RedisFailure) {
                try await client.commands.ping()
            } catch {
                throw error.asChatError
            }
        }
    }

    /// Says once when Redis is lost, and once when it is back.
    private func report(_ client: RedisClient) async {
        let (health, logger) = (context.health, context.logger)
        let server: Logger.Metadata = ["server": "\(client.summary)"]
        let reported = Mutex<Bool?>(nil)
        client.observe { status in
            let known = reported.withLock { exchange(&$0, with: status.isConnected) }
            guard known != status.isConnected, status.failure?.kind != .closed else { return }
            if status.isConnected {
                health.recovered()
                let message: Logger.Message = known == nil ? "Redis is connected" : "Redis can be used again"
                logger.notice(message, metadata: server)
            } else {
                let reason = "\(status.failure?.description ?? "it did not answer")"
                health.degraded("Redis cannot be used")
                logger.error(
                    "Redis cannot be used; trying on", metadata: server.merging(["error": "\(reason)"]) { $1 })
            }
        }
        // Told by now: what is said of the start goes by it.
        try? await client.eventLoop.submit {}.get()
    }
}

/// A required Redis that is not there.
struct Unreachable: Error, CustomStringConvertible {
    var server: String
    var failure: RedisFailure

    var description: String { "Redis at \(server) cannot be used: \(failure)" }
}
