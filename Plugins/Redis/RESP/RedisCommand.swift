import PluginAPI

/// A command and its arguments, as they are put on the wire.
struct RedisCommand: Sendable, Hashable {
    enum Argument: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
        case text(String)
        case bytes(ByteBuffer)
        case integer(Int64)

        init(stringLiteral value: String) { self = .text(value) }
        init(integerLiteral value: Int64) { self = .integer(value) }
    }

    var words: [Argument]
    /// The key or channel that says which node of a cluster takes it; nil: any.
    var key: String?

    init(_ words: [Argument], key: String? = nil) {
        self.words = words
        self.key = key
    }
    init(_ words: Argument..., key: String? = nil) {
        self.words = words
        self.key = key
    }
}

extension ByteBuffer {
    /// Writes a command as an array of bytes, the one form in which servers take arbitrary arguments.
    mutating func writeCommand(_ command: RedisCommand) {
        writeLine(UInt8(ascii: "*"), command.words.count)
        for word in command.words {
            switch word {
            case .text(let text): writeText(text)
            case .integer(let value): writeText(String(value))
            case .bytes(let bytes):
                writeLine(UInt8(ascii: "$"), bytes.readableBytes)
                writeImmutableBuffer(bytes)
                writeString("\r\n")
            }
        }
    }

    private mutating func writeText(_ text: String) {
        writeLine(UInt8(ascii: "$"), text.utf8.count)
        writeString(text)
        writeString("\r\n")
    }

    private mutating func writeLine(_ mark: UInt8, _ number: Int) {
        writeInteger(mark)
        writeString(String(number))
        writeString("\r\n")
    }
}
