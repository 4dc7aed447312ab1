import NIOCore
import PluginAPI

/// The constant beginning of one event's frames, `42/client,["message:new",`, made once per namespace and event name.
///
/// This is the hot path: the argument is written directly behind the constant bytes and the result goes to every
/// member of a room as it is.
struct SocketIOEventTemplate: Sendable {
    private let head: ByteBuffer

    init(namespace: String, event: String) {
        var writer = JSONWriter()
        SocketIOPacketEncoder.writeHead(.event, namespace, to: &writer.buffer)
        writer.beginArray()
        writer.string(event)
        writer.buffer.writeInteger(UInt8(ascii: ","))
        head = writer.buffer
    }

    /// One finished websocket frame.
    ///
    /// - Parameters:
    ///   - capacity: expected bytes of the argument.
    ///   - write: writes exactly one JSON value.
    func frame(capacity: Int = 512, _ write: (inout JSONWriter) -> Void) -> ByteBuffer {
        var writer = JSONWriter(buffer: WebSocketFrameWriter.begin(capacity: head.readableBytes + capacity + 1))
        writer.buffer.writeImmutableBuffer(head)
        write(&writer)
        writer.buffer.writeInteger(UInt8(ascii: "]"))
        WebSocketFrameWriter.finish(.text, &writer.buffer)
        return writer.buffer
    }

    /// One finished websocket frame around an argument that has been encoded before.
    func frame(encoded argument: ByteBuffer) -> ByteBuffer {
        frame(capacity: argument.readableBytes) { $0.raw(argument) }
    }
}
