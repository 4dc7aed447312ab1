import NIOCore

extension WebSocketFrameParser {
    /// What the bytes of a client say.
    public enum Event: Sendable, Hashable {
        /// A whole message; its bytes are UTF-8.
        case text(ByteBuffer)
        /// A whole message of bytes.
        case binary(ByteBuffer)
        /// A ping, to be answered with its payload.
        case ping(ByteBuffer)
        /// A pong, asked for or not.
        case pong(ByteBuffer)
        /// The client ends the connection; nothing follows.
        case close(code: UInt16?, reason: String)
        /// The client broke a rule; nothing follows.
        case failure(WebSocketFailure)
        /// Append more first.
        case needMoreData
    }
}

extension WebSocketFrameParser.Event {
    /// What a close frame says: nothing, or a code and a reason (RFC 6455, section 5.5.1).
    init(closePayload: ByteBuffer) {
        var payload = closePayload
        if payload.readableBytes == 0 {
            self = .close(code: nil, reason: "")
        } else if let code = payload.readInteger(as: UInt16.self), WebSocketCloseCode.mayBeSent(code) {
            self = payload.isValidUTF8 ? .close(code: code, reason: String(buffer: payload)) : .failure(.invalidUTF8)
        } else {
            self = .failure(.invalidClosePayload)
        }
    }
}
