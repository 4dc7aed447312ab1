/// How the server is deployed; changes defaults, never the protocol.
public enum HostEnvironment: String, Sendable, CaseIterable {
    /// On a developer's machine, or for real.
    case development, production
}

/// How connections are told that the process stops (`socketio.md` 11).
public struct ShutdownPolicy: Sendable, Hashable {
    /// Between telling the peers and closing their connections.
    public var notice: Duration
    /// Peers are told to reconnect after a time spread evenly over this range, so that they do not come back at once.
    public var reconnectDelay: ClosedRange<Duration>

    /// Makes a policy.
    public init(
        notice: Duration = .seconds(1),
        reconnectDelay: ClosedRange<Duration> = .seconds(1) ... .seconds(10)
    ) {
        self.notice = notice
        self.reconnectDelay = reconnectDelay
    }
}
