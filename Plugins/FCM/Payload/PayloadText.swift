import PluginAPI

/// JSON whose names and punctuation are known beforehand and written as they stand, several at a time: the same few for
/// every push, which ``JSONWriter`` would look through one by one.
struct PayloadText {
    private(set) var buffer: ByteBuffer

    /// - Parameter capacity: In bytes; more is made room for.
    init(capacity: Int) {
        buffer = ByteBufferAllocator().buffer(capacity: capacity)
    }

    mutating func fixed(_ json: StaticString) { buffer.writeStaticString(json) }

    /// A string, quoted, and escaped if it has to be.
    mutating func text(_ value: String) {
        let isWritten = value.utf8.withContiguousStorageIfAvailable { bytes in
            guard bytes.allSatisfy(Self.isPlain) else { return false }
            buffer.writeInteger(UInt8(ascii: "\""))
            buffer.writeBytes(UnsafeRawBufferPointer(bytes))
            buffer.writeInteger(UInt8(ascii: "\""))
            return true
        }
        if isWritten ?? false { return }
        var json = JSONWriter(buffer: exchange(&buffer, with: ByteBuffer()))
        json.string(value)
        buffer = json.buffer
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }
}
