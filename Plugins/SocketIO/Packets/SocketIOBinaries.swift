import NIOCore
import PluginAPI

/// The attachments of outgoing arguments, in the order in which their placeholders are written.
struct SocketIOBinaries: Sendable {
    private var buffers: [ByteBuffer] = []

    /// Collects the binary data of these arguments; allocates nothing when there is none.
    init(in arguments: [SocketIOValue]) {
        for argument in arguments { collect(argument) }
    }

    var count: Int { buffers.count }
    var isEmpty: Bool { buffers.isEmpty }

    /// Writes the arguments as JSON, a placeholder for each attachment.
    func write(_ arguments: [SocketIOValue], to writer: inout JSONWriter) {
        var next = 0
        for argument in arguments { Self.write(argument, number: &next, to: &writer) }
    }

    /// Appends one websocket frame per attachment.
    func writeFrames(to buffer: inout ByteBuffer) {
        for binary in buffers { WebSocketFrameWriter.write(.binary, binary, into: &buffer) }
    }

    private mutating func collect(_ value: SocketIOValue) {
        switch value {
        case .json: return
        case .binary(let buffer): buffers.append(buffer)
        case .array(let elements): for element in elements { collect(element) }
        case .object(let fields): for field in fields { collect(field.value) }
        }
    }

    private static func write(_ value: SocketIOValue, number: inout Int, to writer: inout JSONWriter) {
        switch value {
        case .json(let json):
            writer.value(json)
        case .binary:
            writer.beginObject()
            writer.field("_placeholder", true)
            writer.field("num", number)
            writer.endObject()
            number += 1
        case .array(let elements):
            writer.beginArray()
            for element in elements { write(element, number: &number, to: &writer) }
            writer.endArray()
        case .object(let fields):
            writer.beginObject()
            for field in fields {
                writer.key(field.name)
                write(field.value, number: &number, to: &writer)
            }
            writer.endObject()
        }
    }
}
