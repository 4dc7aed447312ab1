import NIOCore

/// Writes JSON straight into a buffer, field by field, with no value tree in between.
///
/// Commas are the writer's work; balance of `begin` and `end` and the order key, value are the caller's. A field costs
/// no allocation beyond the growth of the buffer. Only what RFC 8259 section 7 demands is escaped: quote, backslash and
/// control characters.
public struct JSONWriter: Sendable {
    /// What has been written, after whatever the buffer held before.
    public var buffer: ByteBuffer

    /// Whether a value went before on this level. One flag is enough without a stack: a container's beginning clears
    /// it and its end sets it.
    private var needsComma = false

    /// Makes a writer that appends to `buffer`.
    public init(buffer: ByteBuffer = ByteBuffer()) {
        self.buffer = buffer
    }

    /// Opens an object.
    public mutating func beginObject() {
        beginValue()
        buffer.writeInteger(UInt8(ascii: "{"))
        needsComma = false
    }

    /// Closes the innermost object.
    public mutating func endObject() {
        buffer.writeInteger(UInt8(ascii: "}"))
        needsComma = true
    }

    /// Opens an array.
    public mutating func beginArray() {
        beginValue()
        buffer.writeInteger(UInt8(ascii: "["))
        needsComma = false
    }

    /// Closes the innermost array.
    public mutating func endArray() {
        buffer.writeInteger(UInt8(ascii: "]"))
        needsComma = true
    }

    /// Writes a member's name; its value must follow.
    public mutating func key(_ name: String) {
        writeQuoted(name, isKey: true)
    }

    /// Writes a member's name known at compile time; its value must follow.
    public mutating func key(_ name: StaticString) {
        name.withUTF8Buffer { writeQuoted(UnsafeRawBufferPointer($0), isKey: true) }
    }

    /// Writes the comma a value or key needs before it.
    mutating func beginValue() {
        if needsComma { buffer.writeInteger(UInt8(ascii: ",")) }
        needsComma = true
    }

    /// Writes text with all that belongs around it: the comma before, the quotes, the colon after a key.
    mutating func writeQuoted(_ text: String, isKey: Bool) {
        let isWritten: Void? = text.utf8.withContiguousStorageIfAvailable {
            writeQuoted(UnsafeRawBufferPointer($0), isKey: isKey)
        }
        if isWritten == nil { Array(text.utf8).withUnsafeBytes { writeQuoted($0, isKey: isKey) } }
    }

    private mutating func writeQuoted(_ bytes: UnsafeRawBufferPointer, isKey: Bool) {
        if JSONText.firstSpecial(in: bytes, from: 0) == bytes.count {
            writePlain(bytes, isKey: isKey)
        } else {
            beginValue()
            writeEscaped(bytes)
            if isKey { buffer.writeInteger(UInt8(ascii: ":")) }
        }
        needsComma = !isKey
    }

    /// Nearly all texts: in one piece, as each write to the buffer looks for room anew.
    private mutating func writePlain(_ bytes: UnsafeRawBufferPointer, isKey: Bool) {
        let comma = needsComma ? 1 : 0
        let count = comma + bytes.count + (isKey ? 3 : 2)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { output in
            if comma == 1 { output[0] = UInt8(ascii: ",") }
            output[comma] = JSONText.quote
            let start = comma + 1
            UnsafeMutableRawBufferPointer(rebasing: output[start..<(start + bytes.count)]).copyMemory(from: bytes)
            output[start + bytes.count] = JSONText.quote
            if isKey { output[start + bytes.count + 1] = UInt8(ascii: ":") }
            return count
        }
    }

    private mutating func writeEscaped(_ bytes: UnsafeRawBufferPointer) {
        buffer.reserveCapacity(minimumWritableBytes: bytes.count + 2)
        buffer.writeInteger(JSONText.quote)
        var start = 0
        while true {
            let special = JSONText.firstSpecial(in: bytes, from: start)
            buffer.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[start..<special]))
            guard special < bytes.count else { break }
            writeEscape(of: bytes[special])
            start = special + 1
        }
        buffer.writeInteger(JSONText.quote)
    }

    private mutating func writeEscape(of byte: UInt8) {
        let short: UInt8
        switch byte {
        case JSONText.quote, JSONText.backslash: short = byte
        case 0x08: short = UInt8(ascii: "b")
        case 0x09: short = UInt8(ascii: "t")
        case 0x0A: short = UInt8(ascii: "n")
        case 0x0C: short = UInt8(ascii: "f")
        case 0x0D: short = UInt8(ascii: "r")
        default:
            buffer.writeStaticString("\\u00")
            buffer.writeMultipleIntegers(Hex.digit(byte >> 4), Hex.digit(byte & 0xF))
            return
        }
        buffer.writeMultipleIntegers(JSONText.backslash, short)
    }
}
