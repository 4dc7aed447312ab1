/// Writes fields: a tag, the number of bytes, the bytes. A reader skips tags it does not know, so that fields may be
/// added by any release; a tag never changes its meaning.
struct FieldWriter {
    private(set) var buffer = ByteBuffer()

    mutating func text(_ tag: UInt8, _ value: String) {
        field(tag, count: value.utf8.count)
        buffer.writeString(value)
    }

    mutating func text(_ tag: UInt8, _ value: String?) {
        if let value { text(tag, value) }
    }

    mutating func integer(_ tag: UInt8, _ value: Int64) {
        field(tag, count: 8)
        buffer.writeInteger(value)
    }

    mutating func integer(_ tag: UInt8, _ value: Int64?) {
        if let value { integer(tag, value) }
    }

    mutating func bytes(_ tag: UInt8, _ value: ByteBuffer) {
        field(tag, count: value.readableBytes)
        buffer.writeImmutableBuffer(value)
    }

    /// Fields within a field.
    mutating func nested(_ tag: UInt8, _ write: (inout FieldWriter) -> Void) {
        var inner = FieldWriter()
        write(&inner)
        bytes(tag, inner.buffer)
    }

    private mutating func field(_ tag: UInt8, count: Int) {
        buffer.writeInteger(tag)
        buffer.writeInteger(UInt32(clamping: count))
    }
}
