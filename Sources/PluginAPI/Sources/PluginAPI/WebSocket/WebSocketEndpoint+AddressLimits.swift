import HTTPTypes

extension WebSocketEndpoint.Decision {
    /// The longest time that a client is asked to wait, in seconds: a limit may never be met again otherwise.
    private static let longestWait: Int64 = 3_600

    /// How an upgrade is refused whose address has reached a limit.
    public static func refuse(_ refusal: AddressLimits.Refusal) -> Self {
        let seconds = min(max(1, refusal.retryAfter.wholeSecondsRoundedUp), longestWait)
        return .refuse(.tooManyRequests, headers: [.retryAfter: String(seconds)], body: "Too many connections")
    }
}
