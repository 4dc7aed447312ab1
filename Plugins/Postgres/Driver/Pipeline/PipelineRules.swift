import PluginAPI

/// What a pipeline is for and what it may do.
struct PipelineRules: Sendable {
    enum Mode: Sendable, Equatable {
        /// All that waits goes out together, at most so many, and is committed together. Nobody has an end before that.
        case writing(batchesOf: Int)
        /// Whoever waits goes out, at most so many with one sync and so many under way. There is nothing to commit, so
        /// each ends at its own last answer.
        case reading(groupsOf: Int, upTo: Int)
    }

    var mode: Mode
    /// Whether statements are prepared at their first use.
    var prepares = true
    /// Whether a statement of the driver's own begins each transaction.
    var hasPreamble = false
    /// How long the server may say nothing while it owes an answer. Longer than its own statement timeout, so that
    /// it has the chance to answer with that.
    var silence: TimeAmount
    var backoff = Backoff()

    /// The most writes in one transaction; bounds how long the first of them waits for the others.
    static let batchLimit = 256
    /// The most reads that share a sync, which costs a system call and a turn of the server. One that fails takes those
    /// behind it along, and they are asked again.
    static let groupLimit = 16
    /// The most reads under way on a connection. More would only wait on the server instead of here.
    static let window = 64
    /// How many requests of a failed transaction are under way at once when each gets a transaction of its own.
    static let repeatWindow = 16
}

/// How long to wait before the next attempt to connect: doubling up to a cap, and spread, so that the nodes of a
/// cluster do not come back all at once.
struct Backoff: Sendable {
    var first: TimeAmount = .milliseconds(100)
    var most: TimeAmount = .seconds(5)

    /// - Parameters:
    ///   - failures: Attempts that failed since the last success.
    ///   - jitter: 0..<1, at random.
    func delay(after failures: Int, jitter: Double) -> TimeAmount {
        let doubled = first.nanoseconds << Int64(min(max(failures, 0), 16))
        let whole = Double(min(doubled, most.nanoseconds))
        return .nanoseconds(Int64(whole * (0.5 + 0.5 * min(max(jitter, 0), 1))))
    }
}
