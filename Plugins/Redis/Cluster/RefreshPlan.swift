import PluginAPI

/// When the map of a Redis Cluster is asked for. A value; time and chance are arguments.
struct RefreshPlan {
    /// Between two questions, however much speaks for one.
    static let shortestPause = TimeAmount.milliseconds(100)
    /// While something is wrong.
    static let longestPause = TimeAmount.seconds(1)
    /// While all is well: a slot that moved is heard of by whoever asks for it, but a subscriber asks for nothing.
    static let quietPause = TimeAmount.seconds(10)

    private var isAsking = false
    private var isWantedAgain = false
    private(set) var isClosed = false
    private var lastAnswer: NIODeadline?
    private var troubles = 0
    private(set) var nextQuestion: NIODeadline?

    init(now: NIODeadline) { nextQuestion = now }

    /// Whether to ask now.
    mutating func begin(now: NIODeadline) -> Bool {
        guard !isAsking, !isClosed, let due = nextQuestion, due <= now else { return false }
        isAsking = true
        nextQuestion = nil
        return true
    }

    /// An answer came, or none.
    ///
    /// - Parameters:
    ///   - isWell: whether everything works with what is known now.
    ///   - jitter: 0..<1; nodes of ours that lost the same server shall not ask in step.
    mutating func answered(isWell: Bool, now: NIODeadline, jitter: Double) {
        isAsking = false
        if isClosed { return }
        lastAnswer = now
        troubles = isWell ? 0 : min(troubles + 1, 10)
        let doubled = Self.shortestPause.nanoseconds << Int64(max(troubles - 1, 0))
        let pause = isWell ? Self.quietPause : min(.nanoseconds(doubled), Self.longestPause)
        nextQuestion = now + .nanoseconds(Int64(Double(pause.nanoseconds) * (0.75 + jitter / 4)))
        if exchange(&isWantedAgain, with: false) { want(now: now) }
    }

    /// Something speaks for asking soon.
    mutating func want(now: NIODeadline) {
        if isClosed { return }
        guard !isAsking else {
            // What is being asked may have been answered before.
            isWantedAgain = true
            return
        }
        let soon = max(now, lastAnswer.map { $0 + Self.shortestPause } ?? now)
        nextQuestion = min(nextQuestion ?? soon, soon)
    }

    /// Never again.
    mutating func close() {
        isClosed = true
        nextQuestion = nil
    }
}
