import PluginAPI

/// One connection's logic: what is sent when, whose an answer is, and what becomes of everybody when it fails.
///
/// A value without I/O. It is told what happened (past tense) and leaves what is to be done in ``effects``, in order.
///
/// What it promises for writes: a request ends with success only after the sync of its transaction was acknowledged.
/// It is run again only when the server said that its transaction failed, which takes everything in it back. When the
/// connection goes away in between nobody can know: the request fails with ``PostgresFailure/Kind/outcomeUnknown``, and
/// if it brought an ``Inquiry``, that is the first thing the next connection is asked.
struct PipelineMachine {
    enum Effect {
        case connect
        /// Close what there is of the connection.
        case drop
        case prepare(Statement)
        /// Send these, then a sync.
        case send([PipelineRequest])
        /// Committed, or read, in this order.
        case complete([PipelineRequest])
        case fail(PipelineRequest, PostgresFailure)
        /// Reads for another connection, or for this one later.
        case reroute([PipelineRequest])
        /// Requests suffer from this.
        case suffered(PostgresFailure)
        /// Connected, or something was committed.
        case recovered
    }

    enum Link: Equatable {
        /// Not connected; the next attempt begins then.
        case waiting(until: NIODeadline)
        case connecting
        case ready
        /// For good.
        case closed
    }

    let rules: PipelineRules
    var link: Link
    /// Attempts to connect that failed since the last success.
    var failures = 0
    /// Not yet sent, in order of arrival.
    var waiting = CircularBuffer<PipelineRequest>()
    /// Were in a transaction that failed: each gets one of its own, before all others.
    var repeating = CircularBuffer<PipelineRequest>()
    /// How many of those may be under way at once. One after a timeout, because each may be the next.
    var repeatWindow = PipelineRules.repeatWindow
    /// About writes whose outcome is unknown, for the next connection.
    var inquiries: [PipelineRequest] = []
    var sent = CircularBuffer<PipelineGroup>()
    /// How many requests of those have not had their last answer.
    var underWay = 0
    /// What the server has prepared, or will have by the time it is used.
    var prepared: Set<String> = []
    /// Why a statement could not be prepared.
    var refusals: [String: PostgresFailure] = [:]
    /// When the server last said something, or was last asked while it owed nothing.
    var heard: NIODeadline
    private(set) var effects: [Effect] = []

    init(rules: PipelineRules, now: NIODeadline) {
        self.rules = rules
        link = .waiting(until: now)
        heard = now
    }

    var isReady: Bool { link == .ready }
    var isIdle: Bool { sent.isEmpty && waiting.isEmpty && repeating.isEmpty }
    var isReading: Bool { if case .reading = rules.mode { true } else { false } }
    /// How much is under way or waits.
    var load: Int { underWay + repeating.count + waiting.count }

    /// Whether a request would be refused at once: the last attempt to connect failed.
    var isDown: Bool { !isReady && failures > 0 || link == .closed }

    mutating func emit(_ effect: Effect) { effects.append(effect) }

    var hasEffects: Bool { !effects.isEmpty }

    /// Hands over what is to be done since the last call.
    mutating func takeEffects() -> [Effect] {
        defer { effects.removeAll() }
        return effects
    }

    /// When ``advanced(to:jitter:)`` has something to do at the latest; nil: when something happens.
    var wakeAt: NIODeadline? {
        var times: [NIODeadline] = []
        if case .waiting(let until) = link { times.append(until) }
        if !sent.isEmpty { times.append(heard + rules.silence) }
        if let next = waiting.first { times.append(next.deadline) }
        return times.min()
    }
}
