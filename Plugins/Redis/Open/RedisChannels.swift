import PluginAPI
import Synchronization

/// Redis' publish and subscribe under names that others chose, for programs outside the cluster.
///
/// Each listener has a connection of its own: what others send, and how fast, does not hold the bus up, and a server
/// that hangs up on a listener which does not keep up leaves the bus alone.
final class RedisChannels: OpenChannels {
    private let client: RedisClient
    private let options: RedisOptions
    private let meters: RedisMeters
    private let listeners = Mutex<[RedisPatternListener]>([])

    init(client: RedisClient, options: RedisOptions, meters: RedisMeters) {
        self.client = client
        self.options = options
        self.meters = meters
    }

    func publish(_ messages: [BrokerMessage], done: @escaping @Sendable (Bool) -> Void) {
        let commands = messages.map { RedisCommand("PUBLISH", .text($0.channel), .bytes($0.body)) }
        client.commands.send(commands) { result in
            if case .success(let answers) = result {
                done(answers.allSatisfy { $0.integer != nil })
            } else {
                done(false)
            }
        }
    }

    func listen(
        to patterns: [String], _ listener: @escaping @Sendable (OpenChannelEvent) -> Void
    ) throws -> any OpenChannelListening {
        guard !options.isCluster else {
            throw OpenChannelsUnavailable(
                "a Redis Cluster is used (cluster: true), whose sharded channels cannot be heard by pattern; channels "
                    + "that are shared with other programs need a single Redis server, or one with Sentinels")
        }
        let locator = options.locator(RedisDialer(tls: try options.tls?.context()))
        let listening = RedisPatternListener(on: client.eventLoop) { [weak self] ended in self?.forget(ended) }
        listening.start(patterns) { [options, meters, eventLoop = client.eventLoop] tell in
            RedisSubscriptions(
                link: RedisLink(on: eventLoop, locator: locator, rules: options.rules), dialect: .patterns,
                meters: meters, tell: tell)
        } tell: {
            listener($0)
        }
        listeners.withLock { $0.append(listening) }
        return listening
    }

    /// How many have not been closed.
    var listenerCount: Int { listeners.withLock { $0.count } }

    private func forget(_ ended: RedisPatternListener) {
        listeners.withLock { $0.removeAll { $0 === ended } }
    }

    /// Ends all listeners.
    func close() {
        for listener in listeners.withLock({ exchange(&$0, with: []) }) { listener.close() }
    }
}

/// One listener's connection.
final class RedisPatternListener: OpenChannelListening, @unchecked Sendable {  // State is touched on its loop only.
    private let eventLoop: any EventLoop
    private let ended: @Sendable (RedisPatternListener) -> Void
    private var subscriptions: RedisSubscriptions?
    private var said = SaidFailures()
    private var isClosed = false

    /// - Parameter ended: called when it is closed, on the thread of whoever closes it.
    init(on eventLoop: any EventLoop, ended: @escaping @Sendable (RedisPatternListener) -> Void) {
        self.eventLoop = eventLoop
        self.ended = ended
    }

    func start(
        _ patterns: [String], _ make: @escaping @Sendable (@escaping (SubscriptionEvent) -> Void) -> RedisSubscriptions,
        tell: @escaping @Sendable (OpenChannelEvent) -> Void
    ) {
        eventLoop.execute {
            guard !self.isClosed else { return }
            let subscriptions = make { [weak self] event in
                switch event {
                case .restored:
                    self?.said = SaidFailures()
                    tell(.listening)
                case .lost(let failure), .failed(let failure):
                    if self?.said.isNew(failure) == true { tell(.lost(reason: failure.description)) }
                case .message(let channel, let body): tell(.received(BrokerMessage(channel: channel, body: body)))
                case .standing, .misplaced: break
                }
            }
            self.subscriptions = subscriptions
            // Before it is connected, so that the connection counts only when they stand.
            subscriptions.subscribe(patterns)
            subscriptions.start()
        }
    }

    func close() {
        ended(self)
        eventLoop.execute {
            self.isClosed = true
            self.subscriptions?.close()
            self.subscriptions = nil
        }
    }
}
