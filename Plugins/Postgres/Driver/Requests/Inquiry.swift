/// How to find out, after the connection was lost between sending a write and its acknowledgement, whether the write
/// was committed nevertheless.
struct Inquiry<Value: Sendable>: Sendable {
    /// Change nothing.
    var steps: [Step]
    /// The value the write would have had; nil: it was not committed.
    var decode: @Sendable ([Rows]) throws -> Value?
}

/// An inquiry under way. Its write has failed for the caller; only whoever is told of commits waits for it.
final class InquiryRequest<Value: Sendable>: PipelineRequest, @unchecked Sendable {  // As PipelineRequest.
    private let inquiry: Inquiry<Value>
    private let key: LaneKey
    private let committed: @Sendable (Value) -> Void

    /// - Parameter number: The write's, whose place it takes.
    init(_ inquiry: Inquiry<Value>, lane: LaneKey, number: UInt64, committed: @escaping @Sendable (Value) -> Void) {
        self.inquiry = inquiry
        key = lane
        self.committed = committed
        super.init(steps: inquiry.steps, lane: lane, deadline: .distantFuture)
        self.number = number
        // It is not one of those that were let in.
        isWaiting = false
    }

    override var isInquiry: Bool { true }

    /// The connection was lost once more.
    override func makeInquiry() -> PipelineRequest? {
        InquiryRequest(inquiry, lane: key, number: number, committed: committed)
    }

    override func decode() {
        defer { discardResults() }
        // Unreadable rows are found by whoever reads them next; here nobody waits for an answer.
        guard let value = try? inquiry.decode(results.map { Rows(result: $0) }) else { return }
        committed(value)
    }
}
