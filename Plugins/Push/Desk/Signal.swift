/// Wakes one waiting task; signals that come while it works are one.
struct Signal: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func send() { continuation.yield() }

    /// Calls the body after each signal until the task is cancelled.
    func forEach(_ body: () async -> Void) async {
        for await _ in stream { await body() }
    }
}
