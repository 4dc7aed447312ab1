import NIOCore
import PluginAPI

/// Writes server packets as finished websocket frames, Engine.IO digit and frame header included, in one pass.
///
/// A packet with attachments becomes its text frame followed by one binary frame each, in one buffer.
enum SocketIOPacketEncoder {
    /// The answer to a CONNECT: `40/client,{"sid":"…"}`.
    static func connect(namespace: String, sid: String) -> ByteBuffer {
        var writer = begin(.connect, namespace, capacity: 64)
        writer.beginObject()
        writer.field("sid", sid)
        writer.endObject()
        return finish(&writer)
    }

    /// A refused CONNECT: `44/client,{"message":"…"}`.
    static func connectError(namespace: String, message: String) -> ByteBuffer {
        var writer = begin(.connectError, namespace, capacity: 64)
        writer.beginObject()
        writer.field("message", message)
        writer.endObject()
        return finish(&writer)
    }

    /// The end of a namespace: `41/client,`.
    static func disconnect(namespace: String) -> ByteBuffer {
        var writer = begin(.disconnect, namespace, capacity: 32)
        return finish(&writer)
    }

    /// An event: `42/client,7["name",…]`, or `451-/client,…` with binary data among the arguments.
    static func event(
        namespace: String, name: String, arguments: [SocketIOValue] = [], ackID: UInt64? = nil
    ) -> ByteBuffer {
        let binaries = SocketIOBinaries(in: arguments)
        let type: SocketIOPacketType = binaries.isEmpty ? .event : .binaryEvent
        var writer = begin(type, namespace, attachments: binaries.count, ackID: ackID, capacity: 256)
        writer.beginArray()
        writer.string(name)
        binaries.write(arguments, to: &writer)
        writer.endArray()
        return finish(&writer, binaries)
    }

    /// An acknowledgement: `43/client,7[…]`, or `461-/client,7[…]` with binary data among the arguments.
    static func ack(namespace: String, id: UInt64, arguments: [SocketIOValue]) -> ByteBuffer {
        let binaries = SocketIOBinaries(in: arguments)
        let type: SocketIOPacketType = binaries.isEmpty ? .ack : .binaryAck
        var writer = begin(type, namespace, attachments: binaries.count, ackID: id, capacity: 256)
        writer.beginArray()
        binaries.write(arguments, to: &writer)
        writer.endArray()
        return finish(&writer, binaries)
    }

    /// An acknowledgement whose elements `write` puts straight into the frame.
    static func ack(
        namespace: String, id: UInt64, capacity: Int = 256, _ write: (inout JSONWriter) -> Void
    ) -> ByteBuffer {
        var writer = begin(.ack, namespace, ackID: id, capacity: capacity)
        writer.beginArray()
        write(&writer)
        writer.endArray()
        return finish(&writer)
    }
}

extension SocketIOPacketEncoder {
    private static func begin(
        _ type: SocketIOPacketType, _ namespace: String, attachments: Int = 0, ackID: UInt64? = nil, capacity: Int
    ) -> JSONWriter {
        var writer = JSONWriter(buffer: WebSocketFrameWriter.begin(capacity: capacity))
        writeHead(type, namespace, attachments: attachments, ackID: ackID, to: &writer.buffer)
        return writer
    }

    /// Everything before the JSON. The root namespace is not named.
    static func writeHead(
        _ type: SocketIOPacketType, _ namespace: String, attachments: Int = 0, ackID: UInt64? = nil,
        to buffer: inout ByteBuffer
    ) {
        buffer.writeInteger(EngineIOPacket.Kind.message.rawValue)
        buffer.writeInteger(type.rawValue)
        if type.isBinary {
            buffer.writeString(String(attachments))
            buffer.writeInteger(UInt8(ascii: "-"))
        }
        if namespace != "/" {
            buffer.writeString(namespace)
            buffer.writeInteger(UInt8(ascii: ","))
        }
        if let ackID { buffer.writeString(String(ackID)) }
    }

    private static func finish(
        _ writer: inout JSONWriter, _ binaries: SocketIOBinaries = SocketIOBinaries(in: [])
    ) -> ByteBuffer {
        WebSocketFrameWriter.finish(.text, &writer.buffer)
        binaries.writeFrames(to: &writer.buffer)
        return writer.buffer
    }
}
