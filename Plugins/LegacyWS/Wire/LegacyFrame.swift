import NIOCore
import PluginAPI

/// One JSON object in one text frame, told apart by its `type`.
enum LegacyFrame {
    /// A finished websocket frame.
    ///
    /// - Parameters:
    ///   - capacity: expected bytes.
    ///   - fields: writes the members behind the type.
    static func make(
        _ type: String, capacity: Int = 192, _ fields: (inout JSONWriter) -> Void = { _ in }
    ) -> ByteBuffer {
        var json = JSONWriter(buffer: WebSocketFrameWriter.begin(capacity: capacity))
        json.beginObject()
        json.field("type", type)
        fields(&json)
        json.endObject()
        WebSocketFrameWriter.finish(.text, &json.buffer)
        return json.buffer
    }
}
