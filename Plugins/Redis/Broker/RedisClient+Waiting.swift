import PluginAPI
import Synchronization

extension RedisClient {
    /// Waits until events travel: both connections work, and what is published comes back.
    ///
    /// - Parameter endsWhenHopeless: not waited for any longer once only the server's operator can mend it.
    /// - Returns: nil, or what went wrong last when they do not within the bound.
    func untilConnected(within bound: Duration, endsWhenHopeless: Bool = false) async -> RedisFailure? {
        await withCheckedContinuation { (continuation: CheckedContinuation<RedisFailure?, Never>) in
            let wait = ConnectionWait(continuation, endsWhenHopeless: endsWhenHopeless)
            observe { wait.changed($0) }
            eventLoop.scheduleTask(in: TimeAmount(bound)) { wait.end() }
        }
    }
}

/// Resumes once: when events travel, or when the time is over.
private final class ConnectionWait: Sendable {
    private struct State {
        var continuation: CheckedContinuation<RedisFailure?, Never>?
        var failure: RedisFailure?
    }

    private let state: Mutex<State>
    private let endsWhenHopeless: Bool

    init(_ continuation: CheckedContinuation<RedisFailure?, Never>, endsWhenHopeless: Bool) {
        self.endsWhenHopeless = endsWhenHopeless
        state = Mutex(State(continuation: continuation))
    }

    func changed(_ status: ClientStatus) {
        let isHopeless = endsWhenHopeless && status.failure?.isLasting == true
        let waiting = state.withLock { state in
            state.failure = status.failure
            return status.isConnected || isHopeless ? state.continuation.take() : nil
        }
        waiting?.resume(returning: status.isConnected ? nil : status.failure)
    }

    func end() {
        let (waiting, failure) = state.withLock { ($0.continuation.take(), $0.failure) }
        waiting?.resume(returning: failure ?? RedisFailure(.timeout, "it did not answer in time"))
    }
}
