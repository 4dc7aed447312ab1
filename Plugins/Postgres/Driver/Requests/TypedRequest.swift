import PluginAPI

/// A request with the value that its rows are read into.
final class TypedRequest<Value: Sendable>: PipelineRequest, @unchecked Sendable {  // As PipelineRequest.
    private let committed: (@Sendable (Value) -> Void)?
    private let inquiry: Inquiry<Value>?
    private let read: @Sendable ([Rows]) throws -> Value
    private let continuation: CheckedContinuation<Value, any Error>
    private var outcome: Result<Value, any Error>?

    init(
        steps: [Step],
        lane: LaneKey?,
        deadline: NIODeadline,
        committed: (@Sendable (Value) -> Void)?,
        inquiry: Inquiry<Value>?,
        continuation: CheckedContinuation<Value, any Error>,
        read: @escaping @Sendable ([Rows]) throws -> Value
    ) {
        self.committed = committed
        self.inquiry = inquiry
        self.read = read
        self.continuation = continuation
        super.init(steps: steps, lane: lane, deadline: deadline)
    }

    override func decode() {
        defer { discardResults() }
        do {
            let value = try read(results.map { Rows(result: $0) })
            committed?(value)
            outcome = .success(value)
        } catch {
            outcome = .failure(ChatError.translating(error))
        }
    }

    override func fail(_ error: any Error) {
        discardResults()
        outcome = .failure(ChatError.translating(error))
    }

    override func makeInquiry() -> PipelineRequest? {
        guard let inquiry, let committed, let lane else { return nil }
        return InquiryRequest(inquiry, lane: lane, number: number, committed: committed)
    }

    override func finish() {
        continuation.resume(with: outcome ?? .failure(ChatError(.internalError, "The store lost a result")))
    }
}
