import NIOCore

extension JSONValue {
    /// Appends this value's JSON text to a buffer.
    public func write(to buffer: inout ByteBuffer) {
        // Swapped, not copied: a second holder of the storage would make the first write copy all of it.
        var writer = JSONWriter()
        swap(&writer.buffer, &buffer)
        writer.value(self)
        swap(&writer.buffer, &buffer)
    }

    /// This value's JSON text in a buffer of its own.
    public func serialized() -> ByteBuffer {
        var writer = JSONWriter()
        writer.value(self)
        return writer.buffer
    }
}

extension JSONValue: CustomStringConvertible {
    /// This value's JSON text.
    public var description: String { String(buffer: serialized()) }
}

extension JSONObject: CustomStringConvertible {
    /// This object's JSON text.
    public var description: String { JSONValue.object(self).description }
}
