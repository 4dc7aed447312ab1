import NIOCore

extension WebSocketFrameParser {
    enum Event: Sendable, Hashable {
        case text(ByteBuffer)
        case binary(ByteBuffer)
        case ping(ByteBuffer)
        case pong(ByteBuffer)
        case close(code: UInt16?, reason: String)
        case failure(WebSocketFailure)
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
