import NIOCore
import NIOPosix
import PluginAPI
import Synchronization

/// Waiting for plugins' code with a limit that holds even when the code ignores its cancellation.
enum Bounded {
    /// The work's value; nil when the time is over first. The work is then cancelled and left to itself.
    static func run<Value: Sendable>(
        for limit: Duration,
        _ work: @escaping @Sendable () async -> Value
    ) async -> Value? {
        let race = Race<Value>()
        // A task group would wait for work that does not end. The task is cancelled below.
        let worker = Task { race.finish(with: await work()) }
        // Not on a loop that serves connections: what is waited for may be what holds that up.
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let alarm = loop.scheduleTask(in: limit.deadlineAmount) {
            // Behind the tasks that can go on already: the work may be among them, and is not late then.
            Task { race.finish(with: nil) }
        }
        defer {
            worker.cancel()
            alarm.cancel()
        }
        return await withTaskCancellationHandler {
            await race.outcome
        } onCancel: {
            worker.cancel()
        }
    }

    /// The same up to a deadline.
    static func run<Value: Sendable>(
        until deadline: NIODeadline,
        _ work: @escaping @Sendable () async -> Value
    ) async -> Value? {
        await run(for: .nanoseconds(max(0, (deadline - .now()).nanoseconds)), work)
    }
}

/// Whoever finishes first decides; one may wait for it.
private final class Race<Value: Sendable>: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Value?, Never>)
        case decided(Value?)
    }

    private let state = Mutex(State.open)

    func finish(with value: Value?) {
        let waiting: CheckedContinuation<Value?, Never>? = state.withLock { state in
            switch state {
            case .open:
                state = .decided(value)
                return nil
            case .awaited(let continuation):
                state = .decided(value)
                return continuation
            case .decided:
                return nil
            }
        }
        waiting?.resume(returning: value)
    }

    var outcome: Value? {
        get async {
            await withCheckedContinuation { continuation in
                let decided: Value?? = state.withLock { state in
                    if case .decided(let value) = state { return .some(value) }
                    state = .awaited(continuation)
                    return .none
                }
                if case .some(let value) = decided { continuation.resume(returning: value) }
            }
        }
    }
}
