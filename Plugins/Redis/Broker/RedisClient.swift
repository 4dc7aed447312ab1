import PluginAPI

/// The two connections of a node, and who is told how they are. Everything happens on one event loop.
final class RedisClient: @unchecked Sendable {  // Mutable state is touched on its event loop only.
    let eventLoop: any EventLoop
    /// Where the server is looked for, for logs.
    let summary: String
    private let options: RedisOptions
    private let locator: ServerLocator
    private let scripts: [RedisScript]
    private let meters: RedisMeters
    private var status = ClientStatus()
    private var observers: [(ClientStatus) -> Void] = []
    private var listener: ((SubscriptionEvent) -> Void)?

    /// The connection for commands; safe to use from any thread.
    private(set) lazy var commands = makeCommands()
    private(set) lazy var subscriptions = makeSubscriptions()

    /// - Throws: ``RedisTLS/Problem`` for files that cannot be used.
    init(
        _ options: RedisOptions, on eventLoop: any EventLoop, scripts: [RedisScript],
        meters: RedisMeters = RedisMeters()
    ) throws(RedisTLS.Problem) {
        self.options = options
        self.eventLoop = eventLoop
        self.scripts = scripts
        self.meters = meters
        locator = try options.locator()
        summary = locator.summary
        // Made here, before other threads can see it.
        _ = (commands, subscriptions)
    }

    /// Begins to connect, and goes on for ever.
    func start() {
        eventLoop.execute {
            self.commands.start()
            self.subscriptions.start()
        }
    }

    /// Ends both connections for good; what waits fails.
    func close() async {
        let done = eventLoop.submit {
            self.commands.close()
            self.subscriptions.close()
            self.change { $0 = ClientStatus(failure: .closed) }
        }
        // The loop has ended already: so have the connections.
        try? await done.get()
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
    private func makeCommands() -> RedisCommands {
        RedisCommands(
            link: RedisLink(on: eventLoop, locator: locator, rules: options.rules),
            limits: QueueLimits(commandCount: options.queueLimit, byteCount: options.queueByteCount),
            timeout: TimeAmount(options.commandTimeout), scripts: scripts, meters: meters
        ) { [weak self] result in
            self?.change { $0.commandsChanged(result) }
        }
    }

    private func makeSubscriptions() -> RedisSubscriptions {
        let link = RedisLink(on: eventLoop, locator: locator, rules: options.rules)
        return RedisSubscriptions(link: link, meters: meters) { [weak self] event in
            guard let self else { return }
            // Subscriptions are told of before the status that rests on them.
            listener?(event)
            change { $0.heard(event) }
        }
    }

    private func change(_ body: (inout ClientStatus) -> Void) {
        let before = status
        body(&status)
        guard status != before else { return }
        for observer in observers { observer(status) }
    }
}

/// Which of a node's two connections work.
struct ClientStatus: Sendable, Equatable {
    /// Commands are answered.
    private(set) var takesCommands = false
    /// Everything that is wanted is subscribed to.
    private(set) var hears = false
    /// Why not, where something does not work.
    private(set) var failure: RedisFailure?

    init(failure: RedisFailure? = nil) {
        self.failure = failure
    }

    /// Whether both work.
    var isConnected: Bool { takesCommands && hears }

    mutating func commandsChanged(_ result: Result<Void, RedisFailure>) {
        switch result {
        case .success: takesCommands = true
        case .failure(let reason):
            takesCommands = false
            failure = reason
        }
        forget()
    }

    mutating func heard(_ event: SubscriptionEvent) {
        switch event {
        case .restored: hears = true
        case .lost(let reason), .failed(let reason):
            hears = false
            failure = reason
        case .standing, .message: return
        }
        forget()
    }

    private mutating func forget() {
        if isConnected { failure = nil }
    }
}
