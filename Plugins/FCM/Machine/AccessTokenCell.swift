import PluginAPI

/// One project's access token: fetched once for all who wait for it, used until five minutes before its end, and
/// fetched anew before that, while the old one still serves.
struct AccessTokenCell: Sendable {
    /// What to do for a request that needs a token.
    enum Answer: Sendable, Equatable {
        case use(String)
        case wait
        /// None can be had; it is tried again after so long.
        case unavailable(TimeAmount, String)
    }

    private struct Token {
        var text: String
        var usableUntil: NIODeadline
        var refreshAt: NIODeadline
    }

    private static let margin = TimeAmount.minutes(5)
    private static let ahead = TimeAmount.minutes(5)
    private static let longestPause = TimeAmount.seconds(60)

    private var token: Token?
    private(set) var isFetching = false
    private var failures = 0
    private var notBefore: NIODeadline?
    private var lastFailure = ""

    /// A fetch is to begin. The caller begins it.
    mutating func wantsFetch(at now: NIODeadline) -> Bool {
        if isFetching { return false }
        if let notBefore, now < notBefore { return false }
        if let token, now < token.refreshAt { return false }
        isFetching = true
        return true
    }

    func answer(at now: NIODeadline) -> Answer {
        if let token, now < token.usableUntil { return .use(token.text) }
        if !isFetching, let notBefore, now < notBefore { return .unavailable(notBefore - now, lastFailure) }
        return .wait
    }

    mutating func arrived(_ text: String, lifetime: Duration, at now: NIODeadline) {
        let whole = TimeAmount(lifetime)
        // Of one that lives shorter than the margins, half is used.
        let usable = whole > Self.margin * 2 ? whole - Self.margin : TimeAmount.nanoseconds(whole.nanoseconds / 2)
        let refresh = usable > Self.ahead * 2 ? usable - Self.ahead : TimeAmount.nanoseconds(usable.nanoseconds / 2)
        token = Token(text: text, usableUntil: now + usable, refreshAt: now + refresh)
        isFetching = false
        failures = 0
        notBefore = nil
    }

    /// - Parameter random: in 0…1.
    mutating func failed(_ reason: String, at now: NIODeadline, random: Double) {
        isFetching = false
        lastFailure = reason
        let whole = min(TimeAmount.seconds(1 << Int64(min(failures, 6))), Self.longestPause)
        failures += 1
        notBefore = now + .nanoseconds(Int64(Double(whole.nanoseconds) * (0.5 + 0.5 * random)))
    }

    /// The provider did not accept it. One that has come since stays.
    ///
    /// - Returns: whether it was the one in use.
    @discardableResult
    mutating func rejected(_ text: String) -> Bool {
        guard token?.text == text else { return false }
        token = nil
        return true
    }
}
