import Synchronization

/// One wake-up for the earliest of many deadlines, on one event loop, however many things wait.
///
/// Whoever keeps the deadlines arms the timer for the earliest one, and once more after each wake-up. Safe from every
/// thread. Time is the loop's own, so that a test can turn it.
public final class DeadlineTimer: Sendable {
    private struct State {
        var deadline: NIODeadline?
        var task: Scheduled<Void>?
        /// Tells a wake-up that was overtaken by an earlier one from the one that counts.
        var generation = 0
        var isCancelled = false
    }

    /// Where the wake-ups happen.
    public let eventLoop: any EventLoop
    private let state = Mutex(State())

    /// Makes a timer that is not armed.
    public init(on eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Sees to it that `wake` is called on the loop at the deadline. Does nothing if a wake-up that is not later is
    /// already due: it re-arms.
    public func arm(at deadline: NIODeadline, _ wake: @escaping @Sendable () -> Void) {
        state.withLock { state in
            if state.isCancelled { return }
            if let armed = state.deadline, armed <= deadline { return }
            state.task?.cancel()
            state.generation += 1
            let generation = state.generation
            state.deadline = deadline
            state.task = eventLoop.scheduleTask(deadline: deadline) { [weak self] in
                if self?.begin(generation) == true { wake() }
            }
        }
    }

    /// Takes back a wake-up and allows no other.
    public func cancel() {
        state.withLock { state in
            state.isCancelled = true
            state.deadline = nil
            state.task?.cancel()
            state.task = nil
        }
    }

    private func begin(_ generation: Int) -> Bool {
        state.withLock { state in
            guard !state.isCancelled, state.generation == generation else { return false }
            state.deadline = nil
            state.task = nil
            return true
        }
    }
}
