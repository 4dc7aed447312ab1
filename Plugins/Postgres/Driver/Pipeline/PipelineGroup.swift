/// What lies between two syncs: one transaction of the server.
struct PipelineGroup {
    /// Empty for a preparation.
    let requests: [PipelineRequest]
    /// The statement that is prepared, in a transaction of its own: a failure beside it must not take it along.
    let preparing: String?
    /// Which request the next answer belongs to.
    private(set) var position = 0
    /// Which of its steps.
    private(set) var step = 0
    private var awaitsPreamble: Bool
    /// The first error, and whose it was. All other requests of the group were taken back with it.
    private(set) var failure: (position: Int, cause: PostgresFailure)?

    init(_ requests: [PipelineRequest], hasPreamble: Bool) {
        self.requests = requests
        preparing = nil
        awaitsPreamble = hasPreamble
    }

    init(preparing statement: Statement) {
        requests = []
        preparing = statement.name
        awaitsPreamble = false
    }

    /// Those who have not had their last answer.
    var unanswered: ArraySlice<PipelineRequest> { requests[min(position, requests.count)...] }

    /// Whether every step has had its answer.
    var isAnswered: Bool { !awaitsPreamble && position == requests.count }

    /// Moves on by one answer. Returns whose it was, and whether it was the last one; nil when it was the driver's own.
    mutating func answered() -> (PipelineRequest, isLast: Bool)? {
        if awaitsPreamble {
            awaitsPreamble = false
            return nil
        }
        guard position < requests.count else { return nil }
        let request = requests[position]
        step += 1
        guard step >= request.steps.count else { return (request, false) }
        position += 1
        step = 0
        return (request, true)
    }

    /// Notes an error at the step whose answer is due. Only the first counts.
    mutating func failed(_ cause: PostgresFailure) {
        if failure == nil { failure = (position, cause) }
    }

    /// The statement whose answer is due.
    var statement: Statement? {
        guard !awaitsPreamble, position < requests.count else { return nil }
        return requests[position].steps[step].statement
    }
}
