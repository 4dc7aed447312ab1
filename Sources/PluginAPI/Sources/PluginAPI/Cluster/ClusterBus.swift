import Synchronization

/// The ``Bus`` over a ``Broker``: events go to the nodes that have members, in order, and what was missed is read from
/// the store.
///
/// All is decided by a ``ClusterCore`` on one event loop; this type carries inputs to it and does what it wants done.
public final class ClusterBus: Bus {
    /// How many inputs may wait for the loop; beyond it they are dropped, and what they said is repaired.
    static let mailboxLimit = 100_000
    /// How long a bus that closes waits for the broker.
    static let goodbyePatience = TimeAmount.seconds(1)
    /// How long an agent waits for the look at its app.
    static let lookPatience = TimeAmount.seconds(2)

    enum Input: Sendable {
        case publication(ClusterPublication)
        case begin
        case interest(Topic, Bool)
        case look(ConversationID, AppID, Int64?)
        case appLook(AppID, ClusterCore.AppLook)
        case storedElsewhere(ConversationID, AppID?)
        case missedElsewhere(since: NIODeadline)
        case broker(BrokerEvent)
        case heartbeatsSent([Heartbeat], Bool)
        case read(ConversationID, ConversationCursor.Page?)
        case refreshed(ConversationID, AppID, RefreshOutcome)
        case surveyed(AppSurvey, SurveyPage?)

        /// Whether it can be dropped and repaired.
        var isRepairable: Bool {
            switch self {
            case .publication, .look, .appLook, .storedElsewhere, .broker(.received): true
            default: false
            }
        }
    }

    struct Mailbox {
        var inputs: [Input] = []
        var isScheduled = false
        var hasOverflowed = false
        var isClosed = false
    }

    /// In a struct of its own: a function that is itself the lock's value is wrapped once more each time it is looked at,
    /// as it is handed to generic code and back, and is called through all of that.
    struct Receiver {
        var deliver: (@Sendable (ClusterPublication) -> Void)?
    }

    let broker: any Broker
    let missed: any MissedMessages
    let clock: any WallClock
    let eventLoop: any EventLoop
    let logger: Logger
    let timer: DeadlineTimer
    let mailbox = Mutex(Mailbox())
    let receiver = Mutex(Receiver())
    /// Touched on the loop only; the lock is never contended.
    let core: Mutex<ClusterCore>
    let degraded = Atomic(true)
    /// Looks at apps that are under way.
    let appLooks = Mutex(AppLookQueue())
    /// Reads of the store fail at present, which is logged once.
    let readsFail = Atomic(false)

    /// Joins the cluster that the broker connects. Close it before the broker goes.
    ///
    /// - Parameters:
    ///   - store: where missed messages are read; the same for all nodes.
    ///   - eventLoop: where everything happens.
    public convenience init(
        broker: any Broker,
        store: any Store,
        eventLoop: any EventLoop,
        clock: any WallClock,
        logger: Logger
    ) {
        self.init(
            broker: broker, missed: StoredMessages(store: store), eventLoop: eventLoop, clock: clock, logger: logger)
    }

    init(
        broker: any Broker,
        missed: any MissedMessages,
        eventLoop: any EventLoop,
        clock: any WallClock,
        logger: Logger
    ) {
        self.broker = broker
        self.missed = missed
        self.clock = clock
        self.eventLoop = eventLoop
        self.logger = logger
        timer = DeadlineTimer(on: eventLoop)
        let node = NodeID.random()
        core = Mutex(ClusterCore(node: node, at: eventLoop.now, traits: broker.traits))
        broker.listen { [weak self] event in self?.post(.broker(event)) }
        eventLoop.execute { self.work() }
        logger.info("This node takes part in a cluster", metadata: ["node": "\(node)"])
    }

    /// Whether members here may be missing events of other nodes at the moment.
    public var isDegraded: Bool { degraded.load(ordering: .relaxed) }

    /// Leaves the cluster: what was published so far goes out, nothing of other nodes is received any more, and what is
    /// published from now on reaches the members here only.
    ///
    /// Returns when the broker has taken the last of it, so that the others know that nothing is missing, or a second
    /// later.
    public func close() async {
        let isFirst = mailbox.withLock { mailbox in
            defer { mailbox.isClosed = true }
            return !mailbox.isClosed
        }
        guard isFirst else { return }
        timer.cancel()
        await withCheckedContinuation { continuation in
            let goodbye = OneShot(continuation)
            eventLoop.execute { self.work(goodbye: goodbye) }
            eventLoop.scheduleTask(in: Self.goodbyePatience) { goodbye.resume() }
        }
    }

    func readFailed(_ what: String, _ error: any Error) {
        // A store that closes ends its reads so; it says nothing of whether the store can be read.
        if error is CancellationError { return }
        let isKnown = readsFail.exchange(true, ordering: .relaxed)
        logger.log(
            level: isKnown ? .debug : .warning, "\(what); retrying",
            metadata: ["error": "\(ErrorText.detailed(error))"])
    }

    func readSucceeded() {
        guard readsFail.load(ordering: .relaxed), readsFail.exchange(false, ordering: .relaxed) else { return }
        logger.warning("What other nodes wrote can be read again")
    }
}

// MARK: Bus

extension ClusterBus {
    public func publish(_ publication: ClusterPublication) {
        if post(.publication(publication)) || publication.topics.isEmpty { return }
        receiver.withLock { $0.deliver }?(publication)
    }

    public func receive(_ receiver: @escaping @Sendable (ClusterPublication) -> Void) {
        self.receiver.withLock { $0.deliver = receiver }
    }

    public func begin() { post(.begin) }

    public func interest(in topic: Topic, exists: Bool) { post(.interest(topic, exists)) }

    public func looked(at conversation: ConversationID, of app: AppID, lastSequence: Int64?) {
        post(.look(conversation, app, lastSequence))
    }

    public func storedElsewhere(in conversation: ConversationID, of app: AppID?) {
        post(.storedElsewhere(conversation, app))
    }

    public func missedElsewhere(since: NIODeadline) { post(.missedElsewhere(since: since)) }
}
