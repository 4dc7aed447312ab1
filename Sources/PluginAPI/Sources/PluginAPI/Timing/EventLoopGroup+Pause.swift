import NIOCore
import Synchronization

extension EventLoopGroup {
    /// Suspends the task for so long, by the time of one of the group's loops, to the millisecond; nothing or less: not at
    /// all. Throws `CancellationError` as soon as the task is cancelled, and if the loop is shut down meanwhile.
    public func pause(for duration: Duration) async throws(CancellationError) {
        let loop = next()
        try await loop.pause(until: loop.now + duration.deadlineAmount)
    }

    /// The same until an instant of the loop's time.
    public func pause(until deadline: NIODeadline) async throws(CancellationError) {
        let loop = next()
        if Task.isCancelled { throw CancellationError() }
        guard deadline > loop.now else { return }
        let pause = Pause()
        let isOver = await withTaskCancellationHandler {
            await withCheckedContinuation { pause.begin($0, until: deadline, on: loop) }
        } onCancel: {
            pause.end(isOver: false)
        }
        guard isOver else { throw CancellationError() }
    }
}

/// One task's pause: whoever ends it first, the loop or the cancellation, decides.
private final class Pause: Sendable {
    private enum State {
        case new
        case running(CheckedContinuation<Bool, Never>, Scheduled<Void>?)
        case ended
    }

    private let state = Mutex(State.new)

    func begin(_ continuation: CheckedContinuation<Bool, Never>, until deadline: NIODeadline, on loop: any EventLoop) {
        let isNew = state.withLock { state in
            guard case .new = state else { return false }
            state = .running(continuation, nil)
            return true
        }
        // Cancelled before it began.
        guard isNew else { return continuation.resume(returning: false) }
        let wake = loop.scheduleTask(deadline: deadline) { self.end(isOver: true) }
        // A loop that is shut down wakes nobody.
        wake.futureResult.whenFailure { _ in self.end(isOver: false) }
        let isRunning = state.withLock { state in
            guard case .running(let continuation, _) = state else { return false }
            state = .running(continuation, wake)
            return true
        }
        if !isRunning { wake.cancel() }
    }

    func end(isOver: Bool) {
        let (continuation, wake): (CheckedContinuation<Bool, Never>?, Scheduled<Void>?) = state.withLock { state in
            guard case .running(let continuation, let wake) = state else {
                state = .ended
                return (nil, nil)
            }
            state = .ended
            return (continuation, wake)
        }
        wake?.cancel()
        continuation?.resume(returning: isOver)
    }
}
