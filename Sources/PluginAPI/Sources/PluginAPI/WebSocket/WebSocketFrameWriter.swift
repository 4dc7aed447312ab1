import NIOCore

/// Builds finished server frames: never masked, never fragmented, so that one buffer serves every member of a room.
public enum WebSocketFrameWriter {
    /// Room for the longest server header (RFC 6455, section 5.2).
    public static let reservedBytes = 10

    /// An empty buffer whose payload may be written in place; ``finish(_:_:)`` puts the header in front of it.
    ///
    /// - Parameter capacity: expected payload bytes; more is allowed and grows the buffer.
    public static func begin(capacity: Int) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: reservedBytes + capacity)
        buffer.writeRepeatingByte(0, count: reservedBytes)
        return buffer
    }

    /// Completes a buffer of ``begin(capacity:)``: the header lies directly before the payload, and the readable bytes
    /// are the frame.
    public static func finish(_ opcode: WebSocketOpcode, _ buffer: inout ByteBuffer) {
        let length = buffer.readableBytes - reservedBytes
        let start = buffer.readerIndex + reservedBytes - headerLength(payload: length)
        setHeader(opcode, payload: length, at: start, in: &buffer)
        buffer.moveReaderIndex(to: start)
    }

    /// Bytes of a server header for a payload: 2, 4 or 10.
    public static func headerLength(payload: Int) -> Int {
        payload < 126 ? 2 : payload <= 65535 ? 4 : 10
    }

    /// Appends a whole frame to a buffer.
    public static func write(_ opcode: WebSocketOpcode, _ payload: ByteBuffer, into buffer: inout ByteBuffer) {
        let header = headerLength(payload: payload.readableBytes)
        buffer.reserveCapacity(minimumWritableBytes: header + payload.readableBytes)
        setHeader(opcode, payload: payload.readableBytes, at: buffer.writerIndex, in: &buffer)
        buffer.moveWriterIndex(forwardBy: header)
        buffer.writeImmutableBuffer(payload)
    }

    /// One frame with this payload.
    public static func frame(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) -> ByteBuffer {
        var buffer = ByteBuffer()
        write(opcode, payload, into: &buffer)
        return buffer
    }

    /// One text frame.
    public static func text(_ text: String) -> ByteBuffer {
        var buffer = begin(capacity: text.utf8.count)
        buffer.writeString(text)
        finish(.text, &buffer)
        return buffer
    }

    private static func setHeader(
        _ opcode: WebSocketOpcode, payload length: Int, at index: Int, in buffer: inout ByteBuffer
    ) {
        // The last and only fragment, and the length or what stands for a longer one.
        let first = UInt16(0x80 | opcode.rawValue) << 8
        switch headerLength(payload: length) {
        case 2:
            buffer.setInteger(first | UInt16(truncatingIfNeeded: length), at: index)
        case 4:
            buffer.setInteger(first | 126, at: index)
            buffer.setInteger(UInt16(truncatingIfNeeded: length), at: index + 2)
        default:
            buffer.setInteger(first | 127, at: index)
            buffer.setInteger(UInt64(length), at: index + 2)
        }
    }
}
