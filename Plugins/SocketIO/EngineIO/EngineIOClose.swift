import NIOCore
import PluginAPI

/// How a connection ends: what its namespaces hear, what the peer reads in the close frame, and what is counted.
struct EngineIOClose: Sendable, Hashable {
    /// What is counted. The raw value is a label of metrics.
    enum Cause: String, Sendable, Hashable, CaseIterable {
        /// The peer closed, or left without a word.
        case client
        /// A broken websocket frame.
        case invalidFrame = "invalid_frame"
        /// A packet that cannot be read, or is too big.
        case invalidPacket = "invalid_packet"
        /// A packet that has no place where it came.
        case unexpectedPacket = "unexpected_packet"
        case pingTimeout = "ping_timeout"
        /// No namespace was joined in time.
        case connectTimeout = "connect_timeout"
        /// Refused again and again.
        case refused
        case slowReader = "slow_reader"
        /// A newer connection of the device took its place.
        case replaced
        /// A namespace asked for it.
        case server
        case shutdown

        /// Whether the socket stays until the peer has read the close frame, or had time for it.
        var awaitsPeer: Bool { isViolation || self == .refused || self == .replaced }

        /// Whether the peer did what it must not.
        var isViolation: Bool {
            switch self {
            case .invalidFrame, .invalidPacket, .unexpectedPacket: true
            default: false
            }
        }
    }

    let reason: CloseReason
    let cause: Cause
    /// Nil: the close frame has none, as the peer's had none.
    let code: UInt16?
    /// For the peer's developer; at most 123 bytes of it are sent.
    let text: String

    init(_ reason: CloseReason, _ cause: Cause, _ code: UInt16?, _ text: String = "") {
        self.reason = reason
        self.cause = cause
        self.code = code
        self.text = text
    }

    var frame: ByteBuffer { WebSocketFrameWriter.close(code: code, reason: text) }
}

extension EngineIOClose {
    static let packet = EngineIOClose(.transportClose, .client, WebSocketCloseCode.normal)
    static let vanished = EngineIOClose(.transportClose, .client, nil)
    static let slowReader = EngineIOClose(.transportClose, .slowReader, nil)
    static let channelError = EngineIOClose(.transportError, .client, WebSocketCloseCode.normal)
    static let notEngineIO = EngineIOClose(
        .parseError, .invalidPacket, WebSocketCloseCode.invalidData, "no Engine.IO packet")
    static let pingTimeout = EngineIOClose(
        .pingTimeout, .pingTimeout, WebSocketCloseCode.policyViolation, "ping timeout")
    static let connectTimeout = EngineIOClose(
        .forcedClose, .connectTimeout, WebSocketCloseCode.policyViolation, "no namespace was joined in time")
    static let namespaceNotJoined = EngineIOClose(
        .forcedClose, .unexpectedPacket, WebSocketCloseCode.policyViolation, "packet for a namespace not joined")
    static let secondConnect = EngineIOClose(
        .forcedClose, .unexpectedPacket, WebSocketCloseCode.policyViolation, "second CONNECT for a namespace")
    static let connectErrorFromClient = EngineIOClose(
        .parseError, .unexpectedPacket, WebSocketCloseCode.policyViolation, "CONNECT_ERROR from a client")
    static let tooManyEarlyPackets = EngineIOClose(
        .forcedClose, .unexpectedPacket, WebSocketCloseCode.policyViolation,
        "too many packets before the answer to CONNECT")
    static let tooManyRefusals = EngineIOClose(
        .forcedClose, .refused, WebSocketCloseCode.policyViolation, "too many refused CONNECT packets")
    static let replaced = EngineIOClose(
        .forcedServerClose, .replaced, WebSocketCloseCode.policyViolation,
        "replaced by a newer connection of the device")
    static let revoked = EngineIOClose(
        .forcedServerClose, .server, WebSocketCloseCode.policyViolation, "the credentials hold no more")
    static let tokenExpired = EngineIOClose(
        .forcedServerClose, .server, WebSocketCloseCode.policyViolation, "token expired")
    static let byNamespace = EngineIOClose(.forcedServerClose, .server, WebSocketCloseCode.normal)
    static let shutdown = EngineIOClose(
        .serverShuttingDown, .shutdown, WebSocketCloseCode.goingAway, "server shutting down")

    /// The peer's own close frame, which is answered with its code.
    static func byPeer(_ code: UInt16?) -> EngineIOClose { EngineIOClose(.transportClose, .client, code) }

    static func invalidFrame(_ failure: WebSocketFailure) -> EngineIOClose {
        EngineIOClose(.transportError, .invalidFrame, failure.closeCode, failure.rawValue)
    }

    static func violation(_ violation: SocketIOViolation) -> EngineIOClose {
        EngineIOClose(.parseError, violation.cause, violation.closeCode, violation.description)
    }
}
