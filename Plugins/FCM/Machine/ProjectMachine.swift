import PluginAPI

/// One project's pushes from their arrival to their answer, without input and output: what waits for a token, what may be
/// sent, and what an outcome leads to.
struct ProjectMachine: Sendable {
    typealias Job = UInt64

    /// What came of a request.
    enum Outcome: Sendable, Equatable {
        case answer(status: Int, body: [UInt8], retryAfter: Duration?)
        /// The connection broke while the request was on it: codes 16, 92, 56 and their like.
        case broken(String)
        /// Nothing came: no connection, no certificate that is good, no answer in time.
        case failed(String)
    }

    enum Effect: Sendable, Equatable {
        /// Make the request; on a new connection if it says so.
        case send(Job, token: String, onFreshConnection: Bool)
        case fetchToken
        case answer(Job, PushAnswer)
        /// Say what is wrong with the way to the provider; nil: nothing any more.
        case report(String?)
    }

    private struct Waiting {
        var isFresh = false
        var repeats = 0
        var wasUnauthorized = false
        /// The token it was sent with last.
        var token = ""
        /// When it is given back if there is no token yet.
        var deadline: NIODeadline
    }

    /// So often a request whose connection broke is made again.
    static let repeatLimit = 2

    private var cell = AccessTokenCell()
    private var breaker = CircuitBreaker()
    private var budget = RetryBudget()
    private var queue = CircularBuffer<Job>()
    private var jobs: [Job: Waiting] = [:]
    private var lastFreshAt: NIODeadline?
    private var lastBreakAt: NIODeadline?
    /// What is wrong: with getting tokens, and with what messages are answered.
    private var problems: (token: String?, messages: String?)
    private let patience: TimeAmount

    /// - Parameter patience: how long a push waits for a token.
    init(patience: TimeAmount) {
        self.patience = patience
    }

    /// How many wait or are under way.
    var count: Int { jobs.count }

    mutating func submit(_ job: Job, at now: NIODeadline) {
        jobs[job] = Waiting(deadline: now + patience)
        queue.append(job)
        budget.earn()
    }

    /// The next thing to do; nil: nothing now.
    ///
    /// - Parameter canSend: whether there is room for a request.
    mutating func next(canSend: Bool, at now: NIODeadline) -> Effect? {
        guard let job = queue.first else { return nil }
        if cell.wantsFetch(at: now) { return .fetchToken }
        switch cell.answer(at: now) {
        case .use(let token):
            guard canSend else { return nil }
            queue.removeFirst()
            if let pause = breaker.pause(at: now) {
                return end(job, PushAnswer(.unavailable(for: Duration(pause)), "the provider is down"))
            }
            let isFresh = exchange(&jobs[job, default: Waiting(deadline: now)].isFresh, with: false)
            jobs[job]?.token = token
            return .send(job, token: token, onFreshConnection: isFresh && wantsFresh(at: now))
        case .wait:
            guard let waiting = jobs[job], now >= waiting.deadline else { return nil }
            queue.removeFirst()
            return end(job, PushAnswer(.unavailable(for: .seconds(1)), "no access token came in time"))
        case .unavailable(let pause, let reason):
            queue.removeFirst()
            return end(job, PushAnswer(.unavailable(for: Duration(pause)), "no access token: \(reason)"))
        }
    }

    /// When ``next(canSend:at:)`` has something to say though nothing happened.
    var nextDeadline: NIODeadline? {
        guard let job = queue.first, cell.isFetching else { return nil }
        return jobs[job]?.deadline
    }

    mutating func tokenArrived(_ token: String, lifetime: Duration, at now: NIODeadline) -> [Effect] {
        cell.arrived(token, lifetime: lifetime, at: now)
        return changing { $0.token = nil }
    }

    mutating func tokenFailed(_ reason: String, at now: NIODeadline, random: Double) -> [Effect] {
        cell.failed(reason, at: now, random: random)
        return changing { $0.token = "no access token: \(reason)" }
    }

    /// A request ended.
    ///
    /// - Parameter random: in 0…1; asked for only after a failure, as it comes from the system.
    mutating func ended(
        _ job: Job, _ outcome: Outcome, at now: NIODeadline, random: @autoclosure () -> Double
    ) -> [Effect] {
        guard let waiting = jobs[job] else { return [] }
        switch outcome {
        case .answer(let status, let body, let retryAfter):
            switch FCMAnswer(status: status, body: body, retryAfter: retryAfter) {
            case .final(let answer): return answered() + [end(job, answer)]
            case .trouble(let answer):
                // A right that is missing, or a service that is not turned on, does not come by itself.
                return failed(answer.detail, isLasting: status == 403, at: now, random()) + [end(job, answer)]
            case .unauthorized(let detail):
                let wasInUse = cell.rejected(waiting.token)
                guard !waiting.wasUnauthorized else {
                    // New tokens are not accepted either: asking for more of them at once helps nobody.
                    if wasInUse, !cell.isFetching { cell.failed(detail, at: now, random: random()) }
                    let answer = PushAnswer(.tryAgain(after: nil), detail)
                    return failed(detail, isLasting: true, at: now, random()) + [end(job, answer)]
                }
                jobs[job]?.wasUnauthorized = true
                again(job, at: now)
                // It says nothing of the provider; but a request that was to find out must not leave that open.
                return breaker.isClosed ? [] : answered()
            }
        case .broken(let reason):
            guard breaker.isClosed, waiting.repeats < Self.repeatLimit, budget.spend() else {
                return broke(reason, at: now, random()) + [end(job, PushAnswer(.tryAgain(after: nil), reason))]
            }
            jobs[job]?.repeats += 1
            jobs[job]?.isFresh = true
            again(job, at: now)
            return []
        case .failed(let reason):
            return failed(reason, at: now, random()) + [end(job, PushAnswer(.tryAgain(after: nil), reason))]
        }
    }

    private mutating func again(_ job: Job, at now: NIODeadline) {
        jobs[job]?.deadline = now + patience
        queue.prepend(job)
    }

    private mutating func end(_ job: Job, _ answer: PushAnswer) -> Effect {
        jobs[job] = nil
        return .answer(job, answer)
    }

    private mutating func answered() -> [Effect] {
        breaker.succeeded()
        return changing { $0.messages = nil }
    }

    private mutating func failed(
        _ reason: String, isLasting: Bool = false, at now: NIODeadline, _ random: Double
    ) -> [Effect] {
        let hasOpened = breaker.failed(at: now, random: random)
        return hasOpened || isLasting ? changing { $0.messages = reason } : []
    }

    /// Says what is wrong if that is news.
    private mutating func changing(_ change: (inout (token: String?, messages: String?)) -> Void) -> [Effect] {
        let before = problems
        change(&problems)
        if problems == before { return [] }
        let all = [problems.token, problems.messages].compactMap { $0 }
        return [.report(all.isEmpty ? nil : all.joined(separator: "; "))]
    }

    /// One connection that breaks takes many requests along, and is one failure.
    private mutating func broke(_ reason: String, at now: NIODeadline, _ random: Double) -> [Effect] {
        if breaker.isClosed, let last = lastBreakAt, now < last + .seconds(1) { return [] }
        lastBreakAt = now
        return failed(reason, at: now, random)
    }

    /// Those that broke together share the connection that the first of them opens.
    private mutating func wantsFresh(at now: NIODeadline) -> Bool {
        if let last = lastFreshAt, now < last + .seconds(1) { return false }
        lastFreshAt = now
        return true
    }
}
