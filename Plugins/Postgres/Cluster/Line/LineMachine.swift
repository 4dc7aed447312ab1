import PluginAPI

/// The life of the connection that listens and notifies, as a value: what happens goes in with its time, and
/// ``takeEffects()`` tells what is to be done.
///
/// A connection counts when it leads to a session of its own, `LISTEN` was acknowledged and a notification of its own came
/// back: a pooler takes `LISTEN`, and what it then delivers depends on which session it happens to have. Then one batch
/// at a time is under way, and what gathers meanwhile is the next. Of what is sent, one notification at a time is
/// expected to come back, for as long as the connection lasts.
struct LineMachine: Sendable {
    enum Link: Sendable, Equatable {
        case waiting(until: NIODeadline)
        case connecting
        /// The channel's name was asked for.
        case naming
        /// `LISTEN` and a notification with this payload were sent, a transaction each: so many are acknowledged.
        case proving(String, answers: Int, isHeard: Bool)
        case ready
        case closed
    }

    enum Effect: Sendable {
        case connect
        case drop
        case askName
        case listen(channel: String, proof: String)
        case notify(channel: String, [String])
        /// The outcome of what was handed in, in order.
        case end([OutgoingNotification], isSent: Bool)
        case tell(LineEvent)
    }

    private static let proofAnswers = 2

    let rules: LineRules
    private(set) var link: Link
    private var channel = ""
    private var failures = 0
    /// Since when the server owes something; nil: it does not.
    private var owesSince: NIODeadline?
    private var queue: [OutgoingNotification] = []
    private var queuedBytes = 0
    private var underWay: [OutgoingNotification] = []
    /// One that was sent and has not come back, and since when.
    private var echo: (payload: String, since: NIODeadline)?
    /// What the line was last told to be.
    private var isUp: Bool?
    /// Why it is down, as far as that was told: the codes of the server, and the empty one for all else.
    private var toldStates: Set<SQLState> = []
    private var effects: [Effect] = []

    init(rules: LineRules, at now: NIODeadline) {
        self.rules = rules
        link = .waiting(until: now)
    }

    var isReady: Bool { link == .ready }

    /// Nothing waits and nothing is under way.
    var isIdle: Bool { queue.isEmpty && underWay.isEmpty }

    /// How many wait.
    var waitingCount: Int { queue.count }

    /// When ``advance(to:jitter:)`` has something to do.
    var wakeAt: NIODeadline? {
        switch link {
        case .waiting(let until): until
        case .naming, .proving, .ready: [owesSince, echo?.since].compactMap { $0 }.min().map { $0 + rules.silence }
        case .connecting, .closed: nil
        }
    }

    mutating func takeEffects() -> [Effect] {
        defer { effects = [] }
        return effects
    }
}

// MARK: The connection

extension LineMachine {
    mutating func advance(to now: NIODeadline, jitter: Double) {
        switch link {
        case .waiting(let until) where until <= now:
            link = .connecting
            effects.append(.connect)
        case .naming, .proving, .ready:
            if let since = owesSince, since + rules.silence <= now {
                lose(overdue, now, jitter)
            } else if let echo, echo.since + rules.silence <= now {
                lose(.deaf, now, jitter)
            }
        case .waiting, .connecting, .closed: break
        }
        sendNext(now)
    }

    /// What is to be said of a server that owes something for too long.
    private var overdue: PostgresFailure {
        if case .proving(_, Self.proofAnswers, isHeard: false) = link { return .deaf }
        return PostgresFailure(kind: .connection, message: "the server did not answer in time")
    }

    mutating func connected(at now: NIODeadline) {
        guard link == .connecting else { return effects.append(.drop) }
        link = .naming
        owesSince = now
        effects.append(.askName)
    }

    mutating func connectFailed(_ failure: PostgresFailure, at now: NIODeadline, jitter: Double) {
        guard link == .connecting else { return }
        retry(now, jitter)
        tell(down: failure)
    }

    mutating func lose(_ failure: PostgresFailure, _ now: NIODeadline, _ jitter: Double) {
        switch link {
        case .naming, .proving, .ready: break
        case .waiting, .connecting, .closed: return
        }
        effects.append(.drop)
        retry(now, jitter)
        giveUp()
        tell(down: failure)
    }

    mutating func close() {
        guard link != .closed else { return }
        effects.append(.drop)
        link = .closed
        giveUp()
        tell(down: PostgresFailure(kind: .closed, message: "the line was closed"))
    }

    private mutating func retry(_ now: NIODeadline, _ jitter: Double) {
        link = .waiting(until: now + rules.backoff.delay(after: failures, jitter: jitter))
        failures += 1
        owesSince = nil
        echo = nil
    }

    private mutating func giveUp() {
        let all = underWay + queue
        (underWay, queue, queuedBytes) = ([], [], 0)
        if !all.isEmpty { effects.append(.end(all, isSent: false)) }
    }

    private mutating func tell(down failure: PostgresFailure) {
        if isUp != false { toldStates = [] }
        isUp = false
        // A connection that cannot be made is no news after what the server said.
        let isNews = failure.state.text.isEmpty ? toldStates.isEmpty : !toldStates.contains(failure.state)
        guard isNews else { return }
        toldStates.insert(failure.state)
        effects.append(.tell(.down(failure)))
    }
}

// MARK: What the server says

extension LineMachine {
    /// The channel's name came.
    mutating func named(_ name: String, proof: String, at now: NIODeadline) {
        guard link == .naming else { return }
        channel = name
        link = .proving(proof, answers: 0, isHeard: false)
        owesSince = now
        effects.append(.listen(channel: name, proof: proof))
    }

    /// The server refused what it was asked last: nothing travels then, which only a new proof shows to be over.
    mutating func refused(_ failure: PostgresFailure, at now: NIODeadline, jitter: Double) {
        lose(failure, now, jitter)
    }

    /// The server has done with what it was asked last.
    mutating func synced(at now: NIODeadline) {
        switch link {
        case .proving(let proof, let answers, let isHeard):
            link = .proving(proof, answers: answers + 1, isHeard: isHeard)
            proveIfDone(now)
        case .ready:
            owesSince = nil
            let batch = exchange(&underWay, with: [])
            if !batch.isEmpty { effects.append(.end(batch, isSent: true)) }
            sendNext(now)
        case .naming, .waiting, .connecting, .closed: break
        }
    }

    /// A notification came.
    mutating func notified(_ payload: String, from sender: Int32, at now: NIODeadline) {
        switch link {
        case .proving(let proof, let answers, _) where proof == payload:
            link = .proving(proof, answers: answers, isHeard: true)
            proveIfDone(now)
        case .ready:
            if payload == echo?.payload { echo = nil }
            effects.append(.tell(.notified(payload, from: sender)))
        default: break
        }
    }

    private mutating func proveIfDone(_ now: NIODeadline) {
        guard case .proving(_, Self.proofAnswers, isHeard: true) = link else { return }
        link = .ready
        owesSince = nil
        failures = 0
        isUp = true
        effects.append(.tell(.up))
        sendNext(now)
    }
}

// MARK: What goes out

extension LineMachine {
    mutating func notify(_ new: OutgoingNotification, at now: NIODeadline) {
        guard link == .ready, queue.count < rules.messageLimit, queuedBytes + new.byteCount <= rules.byteLimit else {
            return effects.append(.end([new], isSent: false))
        }
        queue.append(new)
        queuedBytes += new.byteCount
        // Sent with whatever else this round brings.
    }

    /// Sends what has gathered, if nothing is under way.
    private mutating func sendNext(_ now: NIODeadline) {
        guard link == .ready, underWay.isEmpty, !queue.isEmpty else { return }
        var payloads: [String] = []
        var count = 0
        for item in queue {
            guard payloads.isEmpty || payloads.count + item.payloads.count <= rules.batchLimit else { break }
            payloads += item.payloads
            queuedBytes -= item.byteCount
            count += 1
        }
        underWay = Array(queue.prefix(count))
        queue.removeFirst(count)
        owesSince = now
        if echo == nil, let last = payloads.last { echo = (last, now) }
        effects.append(.notify(channel: channel, payloads))
    }
}
