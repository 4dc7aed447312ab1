import PluginAPI

/// One connection's life: when it is tried, how the server is greeted, when it is given up.
///
/// A value without I/O. It is told what happened and leaves what is to be done in ``takeEffects()``, in order.
struct LinkMachine {
    enum State: Equatable {
        /// Not connected; the next attempt begins then.
        case waiting(until: NIODeadline)
        case connecting(until: NIODeadline)
        /// Connected; so many steps of the greeting were answered.
        case greeting(answered: Int, until: NIODeadline)
        case ready(since: NIODeadline)
        /// For good.
        case closed
    }

    enum Effect: Equatable {
        case connect
        case greet(GreetingStep)
        /// Ask for a sign of life.
        case ping
        /// Close what there is of the connection.
        case drop
        case becameReady
        /// It was ready, and is not any more.
        case lost(RedisFailure)
        /// An attempt failed.
        case failed(RedisFailure)
    }

    let rules: LinkRules
    private(set) var state: State
    /// Attempts that failed since it last held.
    private(set) var failures = 0
    /// When the server last said something.
    private var heard: NIODeadline
    /// When it was asked for a sign of life that has not come.
    private var pinged: NIODeadline?
    private var effects: [Effect] = []

    init(rules: LinkRules, now: NIODeadline) {
        self.rules = rules
        state = .waiting(until: now)
        heard = now
    }

    mutating func takeEffects() -> [Effect] { exchange(&effects, with: []) }

    var isReady: Bool { if case .ready = state { true } else { false } }

    /// When ``advanced(to:jitter:)`` has something to do at the latest.
    var wakeAt: NIODeadline? {
        switch state {
        case .waiting(let until), .connecting(let until), .greeting(_, let until): until
        case .ready: (pinged ?? heard) + halfSilence
        case .closed: nil
        }
    }

    private var halfSilence: TimeAmount { .nanoseconds(max(1, rules.silence.nanoseconds / 2)) }
}

extension LinkMachine {
    /// Time has passed.
    mutating func advanced(to now: NIODeadline, jitter: Double) {
        guard let due = wakeAt, due <= now else { return }
        switch state {
        case .waiting:
            state = .connecting(until: now + rules.connectTimeout)
            effects.append(.connect)
        case .connecting, .greeting:
            broke(RedisFailure(.timeout, "it did not answer in time"), now: now, jitter: jitter)
        case .ready where pinged == nil:
            pinged = now
            effects.append(.ping)
        case .ready:
            broke(RedisFailure(.timeout, "the server fell silent"), now: now, jitter: jitter)
        case .closed: break
        }
    }

    /// The transport stands, with TLS where that is wanted.
    mutating func connected(now: NIODeadline) {
        guard case .connecting(let until) = state else { return }
        heard = now
        greet(from: 0, until: until, now: now)
    }

    /// The server said something.
    mutating func heard(now: NIODeadline) {
        heard = now
        pinged = nil
    }

    /// A reply came while the server was being greeted.
    mutating func answered(_ answer: RESPValue, now: NIODeadline, jitter: Double) {
        guard case .greeting(let answered, let until) = state else { return }
        if let refusal = rules.greeting[answered].refusal(in: answer) {
            broke(refusal, now: now, jitter: jitter)
        } else {
            greet(from: answered + 1, until: until, now: now)
        }
    }

    /// It cannot be made, or is of no further use.
    mutating func broke(_ failure: RedisFailure, now: NIODeadline, jitter: Double) {
        switch state {
        case .waiting, .closed: return
        case .connecting, .greeting: effects += [.drop, .failed(failure)]
        case .ready(let since):
            // One that breaks as soon as it is made is no better than one that cannot be made.
            if now - since >= rules.longestBackoff { failures = 0 }
            effects += [.drop, .lost(failure)]
        }
        failures += 1
        state = .waiting(until: now + rules.backoff(after: failures, jitter: jitter))
    }

    /// It is wanted no longer.
    mutating func close() {
        if state == .closed { return }
        let wasReady = isReady
        state = .closed
        effects.append(.drop)
        if wasReady { effects.append(.lost(.closed)) }
    }

    private mutating func greet(from step: Int, until: NIODeadline, now: NIODeadline) {
        guard step < rules.greeting.count else {
            state = .ready(since: now)
            pinged = nil
            return effects.append(.becameReady)
        }
        state = .greeting(answered: step, until: until)
        effects.append(.greet(rules.greeting[step]))
    }
}
