import PluginAPI

/// Stops asking a provider that is down, and finds out with one request at a time whether it is up again.
struct CircuitBreaker: Sendable {
    private enum State {
        case closed(failures: Int)
        case open(until: NIODeadline)
        /// One request is on its way to find out.
        case probing
    }

    /// So many failures in a row open it.
    static let threshold = 10
    private static let shortestPause = TimeAmount.seconds(2)
    private static let longestPause = TimeAmount.seconds(60)

    private var state = State.closed(failures: 0)
    private var trips = 0

    var isClosed: Bool {
        if case .closed = state { true } else { false }
    }

    /// How long not to ask; nil: one may. In a while after it opened one request may, and no other until that ended.
    mutating func pause(at now: NIODeadline) -> TimeAmount? {
        switch state {
        case .closed: return nil
        case .open(let until) where now < until: return until - now
        case .open:
            state = .probing
            return nil
        case .probing: return Self.shortestPause
        }
    }

    /// The provider answered, whatever it said.
    mutating func succeeded() {
        state = .closed(failures: 0)
        trips = 0
    }

    /// - Parameter random: in 0…1.
    /// - Returns: whether it opened by this.
    mutating func failed(at now: NIODeadline, random: Double) -> Bool {
        switch state {
        case .closed(let failures) where failures + 1 < Self.threshold:
            state = .closed(failures: failures + 1)
            return false
        case .open:
            // One that was on its way when it opened.
            return false
        case .closed, .probing:
            let wasClosed = isClosed
            let doubled = Self.shortestPause.nanoseconds << Int64(min(trips, 5))
            let whole = min(.nanoseconds(doubled), Self.longestPause)
            trips += 1
            state = .open(until: now + .nanoseconds(Int64(Double(whole.nanoseconds) * (0.75 + 0.25 * random))))
            return wasClosed
        }
    }
}
