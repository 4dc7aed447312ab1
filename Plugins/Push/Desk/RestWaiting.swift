import PluginAPI
import Synchronization

/// Those who wait for something to have come to rest, until a deadline.
final class RestWaiting: Sendable {
    private struct Waiter: Sendable {
        let isReached: @Sendable () -> Bool
        let promise: EventLoopPromise<Void>
    }

    private let waiters = Mutex<[Waiter]>([])

    /// Returns when the condition holds, at the deadline by the loop's time, or when the task is cancelled. The condition
    /// is looked at now and at each ``notice()``.
    func wait(until deadline: NIODeadline, on loop: any EventLoop, _ isReached: @escaping @Sendable () -> Bool) async {
        guard deadline > loop.now else { return }
        let promise = loop.makePromise(of: Void.self)
        let alarm = loop.scheduleTask(deadline: deadline) { promise.succeed() }
        alarm.futureResult.whenFailure { _ in promise.succeed() }
        waiters.withLock { $0.append(Waiter(isReached: isReached, promise: promise)) }
        notice()
        await withTaskCancellationHandler {
            try? await promise.futureResult.get()
        } onCancel: {
            promise.succeed()
        }
        alarm.cancel()
        waiters.withLock { waiters in waiters.removeAll { $0.promise.futureResult === promise.futureResult } }
    }

    /// Something came closer to its rest.
    func notice() {
        let reached = waiters.withLock { waiters in
            let end = waiters.partition { $0.isReached() }
            defer { waiters.removeSubrange(end...) }
            return waiters[end...]
        }
        for waiter in reached { waiter.promise.succeed() }
    }
}
