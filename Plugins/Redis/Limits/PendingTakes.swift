import PluginAPI
import Synchronization

/// Takes that wait for Redis, oldest first. All wait equally long at most, so that one timer serves them all.
final class PendingTakes: Sendable {
    /// One take; resumed once, by whichever comes first: its answer, or the end of its time.
    final class Wait: Sendable {
        private let continuation: Mutex<CheckedContinuation<TokenBucketOutcome?, Never>?>
        let deadline: NIODeadline

        init(_ continuation: CheckedContinuation<TokenBucketOutcome?, Never>, until deadline: NIODeadline) {
            self.continuation = Mutex(continuation)
            self.deadline = deadline
        }

        var isOver: Bool { continuation.withLock { $0 == nil } }

        /// Returns whether it was still waited for.
        @discardableResult
        func resume(_ outcome: TokenBucketOutcome?) -> Bool {
            guard let continuation = continuation.withLock({ $0.take() }) else { return false }
            continuation.resume(returning: outcome)
            return true
        }
    }

    private let timer: DeadlineTimer
    private let waits = Mutex(CircularBuffer<Wait>())
    private let tooLate: @Sendable () -> Void

    /// - Parameter tooLate: called on the loop when answers did not come in time, once for all that are due.
    init(on eventLoop: any EventLoop, tooLate: @escaping @Sendable () -> Void) {
        timer = DeadlineTimer(on: eventLoop)
        self.tooLate = tooLate
    }

    func add(_ wait: Wait) {
        waits.withLock { waits in
            while let first = waits.first, first.isOver { waits.removeFirst() }
            waits.append(wait)
        }
        arm(at: wait.deadline)
    }

    /// Nothing will be answered any more.
    func close() {
        timer.cancel()
        for wait in waits.withLock({ exchange(&$0, with: []) }) { wait.resume(nil) }
    }

    private func arm(at deadline: NIODeadline) {
        timer.arm(at: deadline) { [weak self] in self?.expire() }
    }

    private func expire() {
        let now = timer.eventLoop.now
        let (due, next) = waits.withLock { waits -> ([Wait], NIODeadline?) in
            var due: [Wait] = []
            while let first = waits.first, first.isOver || first.deadline <= now { due.append(waits.removeFirst()) }
            return (due, waits.first?.deadline)
        }
        let late = due.filter { $0.resume(nil) }
        if !late.isEmpty { tooLate() }
        if let next { arm(at: next) }
    }
}
