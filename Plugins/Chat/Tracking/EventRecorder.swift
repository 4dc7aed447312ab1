import PluginAPI
import Synchronization

/// Stores tracked events in batches, behind whoever tracks them.
final class EventRecorder: Sendable {
    private struct State {
        var queue: EventQueue
        /// The attempt under way; true: it succeeded.
        var attempt: Task<Bool, Never>?
        var isClosed = false
    }

    private let store: any Store
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let health: PluginHealth
    private let timer: DeadlineTimer
    private let state: Mutex<State>

    init(
        store: any Store,
        eventLoop: any EventLoop,
        configuration: ChatConfiguration,
        logger: Logger,
        health: PluginHealth
    ) {
        self.store = store
        self.eventLoop = eventLoop
        self.logger = logger
        self.health = health
        timer = DeadlineTimer(on: eventLoop)
        state = Mutex(
            State(
                queue: EventQueue(limits: configuration.eventQueueLimits, interval: configuration.eventFlushInterval)))
    }

    /// Queues an event; throws `unavailable` when the queue has no room for its app.
    func accept(_ event: TrackedEvent) throws {
        let isAccepted = state.withLock { !$0.isClosed && $0.queue.append(event, at: eventLoop.now) }
        guard isAccepted else {
            throw ChatError(.unavailable, "Too many events are waiting to be stored", retryAfter: .seconds(5))
        }
        proceed()
    }

    /// Stores all that waits, due or not, until the deadline or the second failure in a row.
    func drain(until deadline: NIODeadline) async {
        var failures = 0
        repeat {
            guard let attempt = begin(force: true) else { return }
            failures = await attempt.value ? 0 : failures + 1
        } while failures < 2 && .now() < deadline
    }

    /// Takes no more, and gives up what waits.
    func close() {
        timer.cancel()
        let lost = state.withLock { state in
            state.isClosed = true
            return state.queue.count
        }
        if lost > 0 { logger.error("tracked events were lost", metadata: ["count": "\(lost)"]) }
    }
}

// MARK: Batches

extension EventRecorder {
    /// Does what is due, and sets the timer for what comes next.
    private func proceed() {
        _ = begin(force: false)
        if let due = state.withLock({ $0.queue.nextDue }) {
            timer.arm(at: due) { [weak self] in self?.proceed() }
        }
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

    private func record(_ batch: [TrackedEvent]) async -> Bool {
        do {
            try await store.record(batch)
        } catch {
            failed(error)
            return false
        }
        state.withLock { state in
            state.attempt = nil
            state.queue.succeeded()
        }
        health.recovered()
        proceed()
        return true
    }

    private func failed(_ error: any Error) {
        let code = (error as? ChatError)?.code
        let isPassing = code == .unavailable || code == .storageFull || error is CancellationError
        let lost = state.withLock { state in
            state.attempt = nil
            return state.queue.failed(isPassing ? .passing : .lasting, at: eventLoop.now)
        }
        logger.warning(
            "tracked events could not be stored",
            metadata: ["given_up": "\(lost)", "error": "\(ErrorText.detailed(error))"])
        health.degraded("tracked events cannot be stored")
        proceed()
    }
}
