import PluginAPI

/// A node's connections to Redis, and who is told how they are. Everything happens on one event loop.
final class RedisClient: @unchecked Sendable {  // Mutable state is touched on its event loop only.
    let eventLoop: any EventLoop
    /// Where the server is looked for, for logs.
    let summary: String
    /// Whether keys and channels are spread over the masters of a cluster.
    let isCluster: Bool
    private var status = ClientStatus()
    private var observers: [(ClientStatus) -> Void] = []
    private var listener: ((SubscriptionEvent) -> Void)?
    private let makeConnections: (ConnectionListener) -> any ServerConnections
    private lazy var connections = connect()

    /// Safe to use from any thread.
    private(set) lazy var commands = connections.commands
    /// On the loop.
    private(set) lazy var subscriptions = connections.subscriptions

    /// - Throws: ``RedisTLS/Problem`` for files that cannot be used.
    init(
        _ options: RedisOptions, on eventLoop: any EventLoop, scripts: [RedisScript],
        meters: RedisMeters = RedisMeters()
    ) throws(RedisTLS.Problem) {
        self.eventLoop = eventLoop
        isCluster = options.isCluster
        let dialer = RedisDialer(tls: try options.tls?.context())
        if case .cluster(let seeds) = options.server {
            summary = "the cluster of \(seeds.map { "\($0)" }.joined(separator: ", "))"
            makeConnections = { listener in
                ClusterServers(
                    seeds: seeds, dialer, options, on: eventLoop, scripts: scripts, meters: meters, listener: listener)
            }
        } else {
            let locator = options.locator(dialer)
            summary = locator.summary
            makeConnections = { listener in
                SingleServer(locator, options, on: eventLoop, scripts: scripts, meters: meters, listener: listener)
            }
        }
        // Made here, before other threads can see it.
        _ = (connections, commands, subscriptions)
    }

    /// Begins to connect, and goes on for ever.
    func start() {
        eventLoop.execute { self.connections.start() }
    }

    /// Ends all connections for good; what waits fails.
    func close() async {
        let done = eventLoop.submit {
            self.connections.close()
            self.change { $0 = ClientStatus(failure: .closed) }
        }
        // The loop has ended already: so have the connections.
        try? await done.get()
    }

    /// How it is now.
    func currentStatus() async -> ClientStatus {
        let status = eventLoop.submit { self.status }
        // The loop has ended: so have the connections.
        return (try? await status.get()) ?? ClientStatus(failure: .closed)
    }

    /// Tells of the status now, and after each change; on the loop, in order.
    func observe(_ observer: @escaping @Sendable (ClientStatus) -> Void) {
        eventLoop.execute {
            self.observers.append(observer)
            observer(self.status)
        }
    }

    /// Sets who hears of subscriptions; on the loop.
    func listen(_ listener: @escaping (SubscriptionEvent) -> Void) {
        self.listener = listener
    }
}

extension RedisClient {
    private func connect() -> any ServerConnections {
        let listener = ConnectionListener(
            commandsChanged: { [weak self] result in self?.change { $0.commandsChanged(result) } },
            heard: { [weak self] event in
                guard let self else { return }
                // Subscriptions are told of before the status that rests on them.
                self.listener?(event)
                change { $0.heard(event) }
            },
            probed: { [weak self] verdict in self?.change { $0.probed(verdict) } })
        return makeConnections(listener)
    }

    private func change(_ body: (inout ClientStatus) -> Void) {
        let before = status
        body(&status)
        guard status != before else { return }
        for observer in observers { observer(status) }
    }
}
