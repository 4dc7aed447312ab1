import PluginAPI

/// JSON whose names and punctuation are known beforehand and written as they stand, several at a time, into memory that
/// is used again for the next push: they are the same few for each, and ``JSONWriter`` would look through them one by one.
struct PayloadText: ~Copyable {
    private var bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 2_048, alignment: 8)
    private(set) var count = 0

    deinit { bytes.deallocate() }

    /// Lends what was written.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
    }

    mutating func clear() { count = 0 }

    mutating func fixed(_ json: StaticString) {
        append(UnsafeRawBufferPointer(start: json.utf8Start, count: json.utf8CodeUnitCount))
    }

    /// A string, quoted, and escaped if it has to be.
    mutating func text(_ value: String) {
        var value = value
        let isWritten = value.withUTF8 { text in
            guard Self.isPlain(text) else { return false }
            append(Self.quote)
            append(UnsafeRawBufferPointer(text))
            append(Self.quote)
            return true
        }
        if isWritten { return }
        var json = JSONWriter()
        json.string(value)
        json.buffer.withUnsafeReadableBytes { append($0) }
    }

    private static let quote = UInt8(ascii: "\"")

    /// Looks at all of them in any case: without a way out it is done many at a time.
    private static func isPlain(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var special: UInt8 = 0
        for byte in text {
            special |= (byte < 0x20 ? 1 : 0) | (byte == quote ? 1 : 0) | (byte == UInt8(ascii: "\\") ? 1 : 0)
        }
        return special == 0
    }

    private mutating func append(_ byte: UInt8) {
        makeRoom(1)
        bytes[count] = byte
        count += 1
    }

    private mutating func append(_ more: UnsafeRawBufferPointer) {
        makeRoom(more.count)
        UnsafeMutableRawBufferPointer(rebasing: bytes[count...]).copyMemory(from: more)
        count += more.count
    }

    private mutating func makeRoom(_ wanted: Int) {
        guard count + wanted > bytes.count else { return }
        let wider = UnsafeMutableRawBufferPointer.allocate(byteCount: (count + wanted) * 2, alignment: 8)
        wider.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        bytes.deallocate()
        bytes = wider
    }
}
