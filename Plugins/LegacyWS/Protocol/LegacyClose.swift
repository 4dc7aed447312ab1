import NIOCore
import PluginAPI

/// How a connection is ended by us: the close frame's code and reason (`legacy-ws.md` 1), and the frame before it.
struct LegacyClose: Error, Sendable, Hashable {
    var code: UInt16
    var reason: String
    /// What the peer reads before the close frame; nil: nothing.
    var farewell: ByteBuffer?

    init(_ code: UInt16, _ reason: String, farewell: ByteBuffer? = nil) {
        self.code = code
        self.reason = reason
        self.farewell = farewell
    }

    private init(_ code: UInt16, _ reason: String, error: String, _ word: String) {
        self.init(code, reason, farewell: LegacyReply.error(word, error))
    }

    /// The frames that say it.
    var frames: ByteBuffer {
        var frames = farewell ?? ByteBuffer()
        frames.writeImmutableBuffer(WebSocketFrameWriter.close(code: code, reason: reason))
        return frames
    }

    static let missingParameters = LegacyClose(
        4400, "Missing parameters", error: "Missing required parameters", "MISSING_PARAMS")
    static let invalidAppID = LegacyClose(4403, "Invalid app_id", error: "Invalid app_id", "INVALID_APP_ID")
    static let invalidKey = LegacyClose(4401, "Invalid API key", error: "Invalid API key", "INVALID_API_KEY")
    static let invalidCredentials = LegacyClose(
        4401, "Invalid credentials", error: "Invalid credentials", "INVALID_CREDENTIALS")
    static let tokenExpired = LegacyClose(4401, "Token expired", error: "Token expired", "TOKEN_EXPIRED")
    static let timedOut = LegacyClose(
        4408, "Connection timeout", error: "Connection timed out", "CONNECTION_TIMEOUT")
    static let backpressure = LegacyClose(4429, "Backpressure exceeded")
    static let goingAway = LegacyClose(
        WebSocketCloseCode.goingAway, "Server shutdown", farewell: LegacyReply.goingAway)
    /// For a peer whose upgrade was under way when the plugin stopped.
    static let restarting = LegacyClose(
        WebSocketCloseCode.serviceRestart, "Service restart", farewell: LegacyReply.goingAway)
    static let tooManyConnections = LegacyClose(
        WebSocketCloseCode.policyViolation, "Too many connections", error: "Too many connections",
        "TOO_MANY_CONNECTIONS")
    static let replaced = LegacyClose(
        WebSocketCloseCode.policyViolation, "Replaced by a newer connection of the device",
        error: "Too many connections", "TOO_MANY_CONNECTIONS")
    static let tooManyEarlyFrames = LegacyClose(
        WebSocketCloseCode.policyViolation, "Too many frames before authentication")
    /// Whether the peer may come in cannot be found out at the moment.
    static let unavailable = LegacyClose(
        WebSocketCloseCode.tryAgainLater, "Service unavailable", error: "Service unavailable", "SERVICE_UNAVAILABLE")

    private static let upgradeRequired: UInt16 = 4426

    /// The transport is switched off for a while, to find out who still needs it.
    static func brownout(_ reason: String) -> LegacyClose {
        LegacyClose(upgradeRequired, reason, error: reason, "UPGRADE_REQUIRED")
    }
}

extension LegacyClose {
    /// Whether the peer did what it must not, or did not keep up.
    var isViolation: Bool {
        switch code {
        case WebSocketCloseCode.protocolError, WebSocketCloseCode.invalidData, WebSocketCloseCode.messageTooBig,
            Self.backpressure.code:
            true
        default: self == .tooManyEarlyFrames
        }
    }

    /// Whether it tells a stranger something: those who try many wait for their answers.
    var isGuess: Bool { self == .invalidAppID || self == .invalidKey || self == .invalidCredentials }

    /// Every code by which somebody is not let in.
    static let codesOfRefusals = sortedCodes(of: [
        missingParameters, invalidAppID, invalidKey, invalidCredentials, timedOut, tooManyConnections, unavailable,
        goingAway, restarting,
    ])

    /// Every code by which a connection is closed, those of the websocket's own rules among them.
    static let codes =
        codesOfRefusals + [
            backpressure.code, WebSocketCloseCode.protocolError, WebSocketCloseCode.invalidData,
            WebSocketCloseCode.messageTooBig,
        ]

    private static func sortedCodes(of closes: [LegacyClose]) -> [UInt16] {
        Set(closes.map(\.code) + [upgradeRequired]).sorted()
    }
}
