import PluginAPI
import Synchronization

extension RedisClient {
    /// Waits until both connections work.
    ///
    /// - Returns: nil, or what went wrong last when they do not within the bound.
    func untilConnected(within bound: Duration) async -> RedisFailure? {
        await withCheckedContinuation { (continuation: CheckedContinuation<RedisFailure?, Never>) in
            let wait = ConnectionWait(continuation)
            observe { wait.changed($0) }
            eventLoop.scheduleTask(in: TimeAmount(bound)) { wait.end() }
        }
    }
}

/// Resumes once: when both connections work, or when the time is over.
private final class ConnectionWait: Sendable {
    private struct State {
        var continuation: CheckedContinuation<RedisFailure?, Never>?
        var failure: RedisFailure?
    }

    private let state: Mutex<State>

    init(_ continuation: CheckedContinuation<RedisFailure?, Never>) {
        state = Mutex(State(continuation: continuation))
    }

    func changed(_ status: ClientStatus) {
        let waiting = state.withLock { state in
            state.failure = status.failure
            return status.isConnected ? state.continuation.take() : nil
        }
        waiting?.resume(returning: nil)
    }

    func end() {
        let (waiting, failure) = state.withLock { ($0.continuation.take(), $0.failure) }
        waiting?.resume(returning: failure ?? RedisFailure(.timeout, "it did not answer in time"))
    }
}
