import PluginAPI
import Synchronization

/// This node's line to the directory of all nodes: one call after the other, in the order of what happened.
final class PresenceLink: Sendable {
    /// How many leases one look for those that ran out takes.
    static let sweepLimit = 500

    typealias Idler = (wait: IdleWait, alarm: Scheduled<Void>)

    struct State {
        var desk: DirectoryDesk
        /// Calls are being made.
        var isWorking = false
        /// Who waits until none is.
        var idlers: [Idler] = []
        /// Nothing is told any more.
        var isClosed = false
        /// What the directory says of itself.
        var isReachable = false
        /// After a call that failed although the directory says it can be used.
        var retryAt: NIODeadline?
        /// It was said that the directory is not used, and not yet that it is again.
        var isDegraded = false
    }

    let directory: any PresenceDirectory
    let node: NodeID
    let lease: Duration
    let shortLease: Duration
    let settleLimit: Duration
    let eventLoop: any EventLoop
    let timer: DeadlineTimer
    let health: PluginHealth
    let logger: Logger
    let state: Mutex<State>
    let connections: @Sendable () -> [ConnectionInfo]
    let announce: @Sendable (DomainEvent) -> Void

    /// - Parameters:
    ///   - node: whose leases these are.
    ///   - shortLease: how long this node's devices stay online after it has stopped.
    ///   - settleLimit: how long after a device's last connection here another node announces it as offline if this one
    ///     has not; longer than the grace.
    ///   - connections: all live connections of this node.
    ///   - announce: publishes an event that the directory gave rise to.
    init(
        directory: any PresenceDirectory,
        node: NodeID,
        lease: Duration,
        shortLease: Duration,
        settleLimit: Duration,
        eventLoop: any EventLoop,
        health: PluginHealth,
        logger: Logger,
        connections: @escaping @Sendable () -> [ConnectionInfo],
        announce: @escaping @Sendable (DomainEvent) -> Void
    ) {
        self.directory = directory
        self.node = node
        self.lease = lease
        self.shortLease = shortLease
        self.settleLimit = settleLimit
        self.eventLoop = eventLoop
        self.health = health
        self.logger = logger
        self.connections = connections
        self.announce = announce
        timer = DeadlineTimer(on: eventLoop)
        state = Mutex(State(desk: DirectoryDesk(lease: lease, at: eventLoop.now)))
    }

    /// Begins to follow the directory.
    func open() {
        directory.observe { [weak self] status in self?.directoryChanged(status) }
    }

    var isAvailable: Bool { state.withLock { $0.desk.isAvailable } }

    /// Takes in what the local table says. Answers whether it is to be announced as it is.
    func note(_ event: DomainEvent) -> Bool {
        let now = eventLoop.now
        let mayAnnounce = state.withLock { $0.desk.note(event, at: now) }
        proceed()
        return mayAnnounce
    }

    /// The node stops: its leases are shortened, and nothing is told any more once that is done, or from the deadline on.
    func close(until deadline: NIODeadline) async {
        timer.cancel()
        let connections = connections()
        let isFirst = state.withLock { state in
            if !state.isClosed { state.desk.close(connections) }
            return !state.isClosed
        }
        guard isFirst else { return }
        proceed()
        let isTold = await idle(until: deadline)
        state.withLock { $0.isClosed = true }
        if !isTold {
            logger.warning("The directory did not take in time that this node stops; its leases run out by themselves")
        }
    }

    /// Waits until no call is being made.
    /// - Returns: false at the deadline, if one still is.
    @discardableResult
    func idle(until deadline: NIODeadline) async -> Bool {
        await withCheckedContinuation { continuation in
            let wait = IdleWait(continuation)
            let alarm = eventLoop.scheduleTask(deadline: deadline) { wait.end(isIdle: false) }
            let isIdle = state.withLock { state in
                if state.isWorking { state.idlers.append((wait, alarm)) }
                return !state.isWorking
            }
            guard isIdle else { return }
            alarm.cancel()
            wait.end(isIdle: true)
        }
    }
}

// MARK: Asking

extension PresenceLink {
    /// What all nodes know; nil: the directory cannot be reached.
    func ask<Answer: Sendable>(_ question: (any PresenceDirectory) async throws -> Answer) async -> Answer? {
        guard isAvailable else { return nil }
        return try? await question(directory)
    }
}
