import PluginAPI
import Synchronization

/// Provides the bus, the presence directory and the shared limits of several nodes from Redis.
final class RedisPlugin: Plugin {
    private struct Parts {
        var client: RedisClient
        var bus: ClusterBus?
        var limiter: RedisLimiter?
        var channels: RedisChannels?
    }

    private let options: RedisOptions
    private let context: PluginContext
    private let startPatience: Duration
    private let parts = Mutex<Parts?>(nil)

    /// - Parameter startPatience: how long a start waits for Redis.
    init(options: RedisOptions, context: PluginContext, startPatience: Duration = .seconds(3)) {
        self.options = options
        self.context = context
        self.startPatience = startPatience
    }

    func start() async throws {
        let meters = RedisMeters(metrics: context.metrics)
        let client = try RedisClient(
            options, on: context.eventLoops.next(), scripts: LeaseScripts.all + BucketScripts.all,
            meters: meters)
        parts.withLock { $0 = Parts(client: client) }
        client.start()
        if let obstacle = await obstacle(client), context.isRequired {
            throw Unusable(server: client.summary, reason: rights.explained(obstacle))
        }
        await report(client)
        if context.isRequired { followInReadiness(client) }
        try provide(client, meters)
    }

    /// Why nodes cannot be joined over it, once the time of a start is over. What passes by itself, such as memory that is
    /// full, leaves events and is none.
    private func obstacle(_ client: RedisClient) async -> RedisFailure? {
        let failure = await client.untilConnected(within: startPatience, endsWhenHopeless: true)
        if let failure { return failure }
        let refusal = await client.currentStatus().refusal
        return refusal?.isLasting == true ? refusal : nil
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
        context.healthCheck { [rights] in
            let status = await client.currentStatus()
            guard status.isConnected else {
                let failure = status.failure ?? RedisFailure(.timeout, "it did not answer")
                throw Unusable(server: client.summary, reason: rights.explained(failure))
            }
            do throws(RedisFailure) {
                // Sooner than a silent server is given up.
                try await client.commands.ping()
            } catch {
                throw Unusable(server: client.summary, reason: rights.explained(error))
            }
        }
    }

    private var rights: RedisRights { RedisRights(prefix: options.prefix, isCluster: options.isCluster) }

    /// Says once, in Redis' own words, that it cannot be used or refuses something, and once that all is well again.
    private func report(_ client: RedisClient) async {
        let (health, logger, rights) = (context.health, context.logger, rights)
        let server: Logger.Metadata = ["server": "\(client.summary)"]
        let report = Mutex(StatusReport())
        // At which level the outage was said, and so is its end.
        let said = Mutex(Logger.Level.notice)
        client.observe { status in
            switch report.withLock({ $0.take(status) }) {
            case .works(let isFirst):
                health.recovered()
                let message: Logger.Message = isFirst ? "Redis is connected" : "Redis can be used again"
                logger.log(level: said.withLock { exchange(&$0, with: .notice) }, message, metadata: server)
            case .broken(let failure):
                let reason = rights.explained(failure)
                said.withLock { $0 = .error }
                health.degraded("Redis cannot be used: \(reason)")
                logger.error("Redis cannot be used; retrying", metadata: server.merging(["error": "\(reason)"]) { $1 })
            case .refused(let failure):
                // Logged by the host, as a warning.
                said.withLock { $0 = max($0, .warning) }
                health.degraded(
                    "Redis refuses what presence and limits over all nodes need: \(rights.explained(failure))")
            case nil: break
            }
        }
        // Told by now: what is said of the start goes by it.
        try? await client.eventLoop.submit {}.get()
    }
}

/// A required Redis that cannot join nodes.
struct Unusable: Error, CustomStringConvertible {
    var server: String
    /// In Redis' own words, where it has said something.
    var reason: String

    var description: String { "Redis at \(server) cannot be used: \(reason)" }
}
