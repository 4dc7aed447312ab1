import Synchronization

/// Notes in the store which devices are connected how, behind whoever accepts connections: in batches, each device at
/// most once an hour, and never on the way of a message.
public final class UsageRecorder: Sendable {
    /// What is read again and again: who is connected now, so that a connection of many days counts on each of them.
    public typealias Connected = @Sendable () -> [(device: DeviceIdentity, software: KnownSoftware)]

    private struct State {
        var queue = UsageQueue()
        var attempt: Task<Bool, Never>?
        var known: [ClientSoftware: KnownSoftware] = [:]
        var reportedDrops = 0
        var isClosed = false
    }

    /// The most kinds of software that are told apart; past it a version counts as unknown.
    public static let mostKinds = 1_000
    private static let roundInterval = TimeAmount.hours(6)

    private let store: any UsageStore
    private let clock: any WallClock
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let connected: Connected
    private let timer: DeadlineTimer
    private let round: DeadlineTimer
    private let state = Mutex(State())

    /// Makes a recorder.
    ///
    /// - Parameter connected: asked every six hours, on the loop.
    public init(
        store: any UsageStore,
        clock: any WallClock,
        eventLoop: any EventLoop,
        logger: Logger,
        connected: @escaping Connected
    ) {
        self.store = store
        self.clock = clock
        self.eventLoop = eventLoop
        self.logger = logger
        self.connected = connected
        timer = DeadlineTimer(on: eventLoop)
        round = DeadlineTimer(on: eventLoop)
        armRound()
    }

    /// The one object that stands for equal descriptions, so that a connection keeps no more than a reference.
    public func known(_ software: ClientSoftware) -> KnownSoftware {
        state.withLock { state in
            var software = software
            if state.known[software] == nil, state.known.count >= Self.mostKinds {
                software.sdkVersion = ClientSoftware.unknownVersion
            }
            if let known = state.known[software] { return known }
            let known = KnownSoftware(software)
            state.known[software] = known
            return known
        }
    }

    /// The device is connected now. Quick, from any thread.
    public func note(_ device: DeviceIdentity, _ software: KnownSoftware) {
        let use = UsageQueue.Use(device: device, software: software, at: clock.now)
        let due = state.withLock { state -> NIODeadline? in
            guard !state.isClosed else { return nil }
            state.queue.note(use, at: eventLoop.now)
            return state.queue.dueAt
        }
        if let due { arm(at: due) }
    }

    /// Stores all that waits, until the deadline or the first failure, and takes no more.
    public func close(by deadline: NIODeadline) async {
        state.withLock { $0.isClosed = true }
        timer.cancel()
        round.cancel()
        while NIODeadline.now() < deadline, let attempt = begin(force: true), await attempt.value {}
    }
}

/// What a client runs, shared by all connections that run the same.
public final class KnownSoftware: Sendable {
    /// The description.
    public let software: ClientSoftware

    init(_ software: ClientSoftware) { self.software = software }
}

// MARK: Batches

extension UsageRecorder {
    private func arm(at due: NIODeadline) {
        timer.arm(at: due) { [weak self] in self?.proceed() }
    }

    private func proceed() {
        _ = begin(force: false)
        if let due = state.withLock({ $0.queue.dueAt }) { arm(at: due) }
    }

    /// The attempt under way, or a new one if there is a reason.
    private func begin(force: Bool) -> Task<Bool, Never>? {
        state.withLock { state in
            if let attempt = state.attempt { return attempt }
            guard let batch = state.queue.begin(at: eventLoop.now, force: force) else { return nil }
            let attempt = Task { await self.record(batch) }
            state.attempt = attempt
            return attempt
        }
    }

    private func record(_ batch: [TransportUse]) async -> Bool {
        var problem: (any Error)?
        do {
            try await store.recordUses(batch)
        } catch {
            problem = error
        }
        let (dropped, isClosed) = state.withLock { state in
            state.attempt = nil
            state.queue.ended(stored: problem == nil, at: eventLoop.now)
            defer { state.reportedDrops = state.queue.droppedCount }
            return (state.queue.droppedCount - state.reportedDrops, state.isClosed)
        }
        if let problem {
            logger.warning(
                "the use of transports could not be noted; it is tried again",
                metadata: ["error": "\(ErrorText.detailed(problem))"])
        }
        if dropped > 0 { logger.warning("uses of transports were not noted", metadata: ["count": "\(dropped)"]) }
        if !isClosed { proceed() }
        return problem == nil
    }

    private func armRound() {
        round.arm(at: eventLoop.now + Self.roundInterval) { [weak self] in
            guard let self else { return }
            // Makes room for what is new; who is connected keeps what it has.
            state.withLock { $0.known = [:] }
            for (device, software) in connected() { note(device, software) }
            armRound()
        }
    }
}
