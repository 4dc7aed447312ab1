import Synchronization

/// Lets a task that is cancelled find its request, which is made a moment later than the task may be cancelled.
final class RequestHandle: Sendable {
    private struct State {
        var request: PipelineRequest?
        var isCancelled = false
    }

    private let state = Mutex(State())

    /// Whether the task was cancelled before there was a request to name.
    func hold(_ request: PipelineRequest) -> Bool {
        state.withLock { state in
            state.request = request
            return state.isCancelled
        }
    }

    /// The request to take back, if there is one by now.
    func cancel() -> PipelineRequest? {
        state.withLock { state in
            state.isCancelled = true
            return state.request
        }
    }
}
