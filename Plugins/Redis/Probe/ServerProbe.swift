import PluginAPI

/// Whether a server carries what is published and takes what presence and limits write, found out by trying: when the
/// connections to it are made, and again and again.
///
/// A value; time is an argument.
struct ServerProbe: Sendable {
    /// What is known of the server.
    struct Verdict: Sendable, Equatable {
        /// What was published came back.
        var carries = false
        /// Why it does not; nil while the connections are away, which say so themselves.
        var failure: RedisFailure?
        /// What it refuses of what presence and limits need; nil: nothing.
        var refusal: RedisFailure?
    }

    enum Effect: Equatable {
        case send(number: Int64, isThorough: Bool)
        /// Make both connections anew.
        case giveUp(RedisFailure)
    }

    /// What the server said to the commands of a round.
    enum Answer {
        case published(refusal: RedisFailure?)
        case unpublished(RedisFailure, refusal: RedisFailure?)
        /// The server is not the one to ask, or was not asked.
        case inconclusive(RedisFailure)
    }

    private struct Round {
        var number: Int64
        var isThorough: Bool
        var sentAt: NIODeadline
        var isAnswered = false
        var isHeard = false
    }

    /// Between two rounds.
    static let interval = TimeAmount.seconds(1)
    /// Between two rounds with all commands, while nothing is refused.
    static let thoroughInterval = TimeAmount.seconds(5)
    /// A refusal that comes back so soon has to be absent for twice as many rounds as the last time.
    static let relapse = TimeAmount.seconds(60)
    private static let mostQuietRounds = 30

    /// How long what was published may take to come back.
    private let patience: TimeAmount
    private(set) var verdict = Verdict()
    private var isOpen = false
    private var number: Int64 = 0
    private var round: Round?
    private var nextRound: NIODeadline?
    private var nextThorough: NIODeadline?
    /// Since when answers have been inconclusive.
    private var vagueSince: NIODeadline?
    /// Thorough rounds in a row without a refusal, and how many of them end it.
    private var quietRounds = 0
    private var neededRounds = 1
    private var recoveredAt: NIODeadline?

    init(patience: TimeAmount) { self.patience = patience }

    /// When ``advance(to:)`` has something to say.
    var wakeAt: NIODeadline? { isOpen ? round.map { $0.sentAt + patience } ?? nextRound : nil }

    /// Both connections can be used, and the channel is subscribed to.
    mutating func opened(at now: NIODeadline) {
        if exchange(&isOpen, with: true) { return }
        (round, vagueSince) = (nil, nil)
        (nextRound, nextThorough) = (now, now)
    }

    /// One of them broke.
    mutating func closed() {
        suspended()
        (verdict.carries, verdict.failure) = (false, nil)
    }

    /// Nothing can be tried for the moment.
    mutating func suspended() {
        isOpen = false
        round = nil
    }

    mutating func advance(to now: NIODeadline) -> Effect? {
        guard isOpen else { return nil }
        if let round {
            guard round.sentAt + patience <= now else { return nil }
            self.round = nil
            nextRound = now + Self.interval
            return .giveUp(
                RedisFailure(
                    .timeout,
                    round.isAnswered
                        ? "what is published is taken and does not come back over the connection that subscribes"
                        : "an answer took too long"))
        }
        guard let due = nextRound, due <= now else { return nil }
        number += 1
        let isThorough = verdict.refusal != nil || nextThorough.map { $0 <= now } ?? true
        round = Round(number: number, isThorough: isThorough, sentAt: now)
        nextRound = now + Self.interval
        if isThorough { nextThorough = now + Self.thoroughInterval }
        return .send(number: number, isThorough: isThorough)
    }

    /// A publication came back.
    mutating func heard(_ number: Int64) {
        guard round?.number == number else { return }
        round?.isHeard = true
        finishIfProven()
    }

    /// The commands of a round were answered.
    mutating func answered(_ number: Int64, _ answer: Answer, at now: NIODeadline) {
        guard let round, round.number == number else { return }
        switch answer {
        case .published(let refusal):
            if round.isThorough { note(refusal, at: now) }
            vagueSince = nil
            self.round?.isAnswered = true
            finishIfProven()
        case .unpublished(let failure, let refusal):
            if round.isThorough { note(refusal, at: now) }
            self.round = nil
            (verdict.carries, verdict.failure) = (false, failure)
            // Once it is mended all may be.
            nextThorough = nil
        case .inconclusive(let failure):
            self.round = nil
            nextThorough = nil
            let since = vagueSince ?? now
            vagueSince = since
            if since + patience <= now { (verdict.carries, verdict.failure) = (false, failure) }
        }
    }

    private mutating func finishIfProven() {
        guard let done = round, done.isAnswered, done.isHeard else { return }
        round = nil
        (verdict.carries, verdict.failure) = (true, nil)
    }

    /// A server that is nearly full refuses now and then: what is said of it shall not change each time.
    private mutating func note(_ refusal: RedisFailure?, at now: NIODeadline) {
        if let refusal {
            if verdict.refusal == nil {
                let isRelapse = recoveredAt.map { now - $0 < Self.relapse } ?? false
                neededRounds = isRelapse ? min(neededRounds * 2, Self.mostQuietRounds) : 1
            }
            verdict.refusal = refusal
            quietRounds = 0
        } else if verdict.refusal != nil {
            quietRounds += 1
            guard quietRounds >= neededRounds else { return }
            verdict.refusal = nil
            recoveredAt = now
        }
    }
}
