import NIOCore

extension ByteBuffer {
    /// Whether the readable bytes are well-formed UTF-8 (Unicode 15, table 3-7: no overlong forms, no surrogates).
    public var isValidUTF8: Bool {
        withUnsafeReadableBytes { UTF8Validation.isValid($0) }
    }
}

enum UTF8Validation {
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let count = bytes.count
        var index = 0
        while index < count {
            // Chat traffic is mostly ASCII: eight bytes a step while no high bit shows up.
            if count - index >= 8 {
                let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                if word & 0x8080_8080_8080_8080 == 0 {
                    index += 8
                    continue
                }
            }
            let lead = bytes[index]
            if lead < 0x80 {
                index += 1
                continue
            }
            guard let sequence = Sequence(lead: lead), sequence.length <= count - index,
                sequence.second.contains(bytes[index + 1])
            else { return false }
            var offset = 2
            while offset < sequence.length {
                guard bytes[index + offset] & 0xC0 == 0x80 else { return false }
                offset += 1
            }
            index += sequence.length
        }
        return true
    }

    /// What may follow a lead byte: only the second byte's range depends on it.
    private struct Sequence {
        var length: Int
        var second: ClosedRange<UInt8>

        init?(lead: UInt8) {
            switch lead {
            case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
            case 0xE0: (length, second) = (3, 0xA0...0xBF)
            case 0xED: (length, second) = (3, 0x80...0x9F)
            case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
            case 0xF0: (length, second) = (4, 0x90...0xBF)
            case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
            case 0xF4: (length, second) = (4, 0x80...0x8F)
            default: return nil
            }
        }
    }
}
