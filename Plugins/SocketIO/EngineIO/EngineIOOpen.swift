import NIOCore
import PluginAPI

/// The first packet of a session: `0{"sid":…,"upgrades":[],"pingInterval":…,"pingTimeout":…,"maxPayload":…}`.
enum EngineIOOpen {
    /// The open packet as one finished websocket text frame; times are announced in milliseconds.
    static func frame(sid: String, timings: EngineIOTimings) -> ByteBuffer {
        var writer = JSONWriter(buffer: WebSocketFrameWriter.begin(capacity: 120))
        writer.buffer.writeInteger(EngineIOPacket.Kind.open.rawValue)
        writer.beginObject()
        writer.field("sid", sid)
        writer.key("upgrades")
        writer.beginArray()
        writer.endArray()
        writer.field("pingInterval", timings.pingInterval.wholeMilliseconds)
        writer.field("pingTimeout", timings.pingTimeout.wholeMilliseconds)
        writer.field("maxPayload", timings.maxPayload)
        writer.endObject()
        WebSocketFrameWriter.finish(.text, &writer.buffer)
        return writer.buffer
    }
}
