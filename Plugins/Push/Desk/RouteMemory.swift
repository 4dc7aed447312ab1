import PluginAPI

/// When there was last a provider for each kind of token. A value.
struct RouteMemory: Sendable {
    /// How long one that vanished is taken to come back.
    static let patience = TimeAmount.seconds(60)
    private var seen: [PushTokenProvider: NIODeadline] = [:]

    /// There is one.
    mutating func saw(_ route: PushTokenProvider, at now: NIODeadline) { seen[route] = now }

    /// Whether there was one a moment ago.
    func wasOpen(_ route: PushTokenProvider, at now: NIODeadline) -> Bool {
        seen[route].map { now < $0 + Self.patience } ?? false
    }
}
