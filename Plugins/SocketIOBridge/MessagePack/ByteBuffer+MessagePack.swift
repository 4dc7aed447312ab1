import PluginAPI

extension ByteBuffer {
    /// Writes a value as MessagePack, each part in its shortest form.
    mutating func writeMessagePack(_ value: JSONValue) {
        switch value {
        case .null: writeInteger(0xc0 as UInt8)
        case .bool(let value): writeInteger((value ? 0xc3 : 0xc2) as UInt8)
        case .int(let value): writeMessagePack(value)
        case .double(let value):
            writeInteger(0xcb as UInt8)
            writeInteger(value.bitPattern)
        case .string(let value): writeMessagePack(value)
        case .array(let values):
            writeHead(values.count, short: 0x90, limit: 16, [nil, 0xdc, 0xdd])
            for value in values { writeMessagePack(value) }
        case .object(let members):
            writeHead(members.count, short: 0x80, limit: 16, [nil, 0xde, 0xdf])
            for (key, value) in members {
                writeMessagePack(key)
                writeMessagePack(value)
            }
        }
    }

    private mutating func writeMessagePack(_ text: String) {
        writeHead(text.utf8.count, short: 0xa0, limit: 32, [0xd9, 0xda, 0xdb])
        writeString(text)
    }

    private mutating func writeMessagePack(_ number: Int64) {
        switch number {
        case 0...0x7f: writeInteger(UInt8(number))
        case -32..<0: writeInteger(Int8(number))
        case 0...Int64(UInt8.max): writeKind(0xcc, UInt8(number))
        case 0...Int64(UInt16.max): writeKind(0xcd, UInt16(number))
        case 0...Int64(UInt32.max): writeKind(0xce, UInt32(number))
        case 0...Int64.max: writeKind(0xcf, UInt64(number))
        case Int64(Int8.min)..<0: writeKind(0xd0, Int8(number))
        case Int64(Int16.min)..<0: writeKind(0xd1, Int16(number))
        case Int64(Int32.min)..<0: writeKind(0xd2, Int32(number))
        default: writeKind(0xd3, number)
        }
    }

    private mutating func writeKind(_ kind: UInt8, _ number: some FixedWidthInteger) {
        writeInteger(kind)
        writeInteger(number)
    }

    /// - Parameter kinds: for lengths of one, two and four bytes.
    private mutating func writeHead(_ count: Int, short: UInt8, limit: Int, _ kinds: [UInt8?]) {
        if count < limit {
            writeInteger(short | UInt8(count))
        } else if count <= UInt8.max, let kind = kinds[0] {
            writeKind(kind, UInt8(count))
        } else if count <= UInt16.max, let kind = kinds[1] {
            writeKind(kind, UInt16(count))
        } else if let kind = kinds[2] {
            writeKind(kind, UInt32(clamping: count))
        }
    }
}
