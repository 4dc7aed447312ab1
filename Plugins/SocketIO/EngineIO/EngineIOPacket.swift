import NIOCore
import PluginAPI

/// One packet of Engine.IO protocol 4 as it travels in a websocket text frame: a digit, then the payload.
///
/// A binary frame is a whole message packet by itself and has no digit. Several packets in one frame exist only for
/// long polling, which is not served.
struct EngineIOPacket: Sendable, Hashable {
    enum Kind: UInt8, Sendable, Hashable, CaseIterable {
        case open = 0x30
        case close
        case ping
        case pong
        case message
        case upgrade
        case noop
    }

    var kind: Kind
    var payload: ByteBuffer

    init(_ kind: Kind, _ payload: ByteBuffer = ByteBuffer()) {
        self.kind = kind
        self.payload = payload
    }

    /// Reads the text of a frame; nil when it is empty or starts with anything but a packet digit.
    init?(parsing text: ByteBuffer) {
        var payload = text
        guard let digit = payload.readInteger(as: UInt8.self), let kind = Kind(rawValue: digit) else { return nil }
        self.init(kind, payload)
    }

    /// The packet as one finished websocket text frame.
    var frame: ByteBuffer {
        var buffer = WebSocketFrameWriter.begin(capacity: 1 + payload.readableBytes)
        buffer.writeInteger(kind.rawValue)
        buffer.writeImmutableBuffer(payload)
        WebSocketFrameWriter.finish(.text, &buffer)
        return buffer
    }

    /// The ping of every heartbeat, shared by all connections.
    static let pingFrame = EngineIOPacket(.ping).frame
    /// The packet that ends a session.
    static let closeFrame = EngineIOPacket(.close).frame
}
