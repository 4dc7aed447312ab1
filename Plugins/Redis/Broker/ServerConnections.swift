import PluginAPI

/// A node's connections to what keeps and carries its things: one server, or the masters of a cluster.
protocol ServerConnections: AnyObject, Sendable {
    /// Safe from every thread.
    var commands: any CommandSending { get }
    /// On the loop.
    var subscriptions: any ChannelSubscribing { get }
    /// Begins to connect, and goes on for ever; on the loop.
    func start()
    /// Ends for good; on the loop. What waits fails.
    func close()
}

/// What subscribes to channels; on its loop.
protocol ChannelSubscribing {
    func subscribe(_ channels: [String])
    func unsubscribe(_ channels: [String])
}

/// Who hears how the connections are, and what comes; on the loop.
struct ConnectionListener {
    /// Commands are taken, or are not any more, or an attempt to connect failed.
    var commandsChanged: (Result<Void, RedisFailure>) -> Void
    var heard: (SubscriptionEvent) -> Void
    /// What is known by trying has changed.
    var probed: (ServerProbe.Verdict) -> Void
}

/// The connections to one server.
final class SingleServer: ServerConnections, @unchecked Sendable {  // Its parts keep to their loop.
    private let pair: ServerPair

    var commands: any CommandSending { pair.commands }
    var subscriptions: any ChannelSubscribing { pair.subscriptions }

    init(
        _ locator: ServerLocator, _ options: RedisOptions, on eventLoop: any EventLoop, scripts: [RedisScript],
        meters: RedisMeters, listener: ConnectionListener
    ) {
        pair = ServerPair(locator, options, on: eventLoop, scripts: scripts, meters: meters, listener: listener)
    }

    func start() { pair.start() }
    func close() { pair.close() }
}

extension RedisOptions {
    func commands(
        of locator: ServerLocator, on eventLoop: any EventLoop, scripts: [RedisScript], meters: RedisMeters,
        changed: @escaping (Result<Void, RedisFailure>) -> Void
    ) -> RedisCommands {
        RedisCommands(
            link: RedisLink(on: eventLoop, locator: locator, rules: rules),
            limits: QueueLimits(commandCount: queueLimit, byteCount: queueByteCount),
            timeout: TimeAmount(commandTimeout), scripts: scripts, meters: meters, changed: changed)
    }

    func subscriptions(
        of locator: ServerLocator, on eventLoop: any EventLoop, meters: RedisMeters,
        tell: @escaping (SubscriptionEvent) -> Void
    ) -> RedisSubscriptions {
        RedisSubscriptions(
            link: RedisLink(on: eventLoop, locator: locator, rules: rules), dialect: isCluster ? .sharded : .plain,
            meters: meters, tell: tell)
    }
}
