import NIOCore

extension WebSocketFrameWriter {
    /// The longest payload of a control frame (RFC 6455, section 5.5).
    public static let maxControlPayload = 125

    /// A ping frame; a payload over 125 bytes is cut.
    public static func ping(_ payload: ByteBuffer = ByteBuffer()) -> ByteBuffer {
        frame(.ping, control(payload))
    }

    /// The answer to a ping, with the ping's payload.
    public static func pong(_ payload: ByteBuffer = ByteBuffer()) -> ByteBuffer {
        frame(.pong, control(payload))
    }

    /// A close frame. A reason over 123 bytes is cut between characters; without a code the frame is empty.
    public static func close(code: UInt16?, reason: String = "") -> ByteBuffer {
        var payload = ByteBuffer()
        if let code {
            payload.writeInteger(code)
            payload.writeString(fitting(reason, maxControlPayload - 2))
        }
        return frame(.close, payload)
    }

    /// A close frame for what the peer did wrong.
    public static func close(_ failure: WebSocketFailure) -> ByteBuffer {
        close(code: failure.closeCode, reason: failure.rawValue)
    }

    private static func control(_ payload: ByteBuffer) -> ByteBuffer {
        let length = min(payload.readableBytes, maxControlPayload)
        return payload.getSlice(at: payload.readerIndex, length: length) ?? ByteBuffer()
    }

    private static func fitting(_ text: String, _ limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        var kept = String.UnicodeScalarView()
        var bytes = 0
        for scalar in text.unicodeScalars {
            bytes += UTF8.width(scalar)
            if bytes > limit { break }
            kept.append(scalar)
        }
        return String(kept)
    }
}
