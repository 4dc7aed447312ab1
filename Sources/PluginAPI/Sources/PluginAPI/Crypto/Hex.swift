/// Bytes as hexadecimal text (RFC 4648 section 8), lower case.
public enum Hex {
    /// Two lower-case digits for each byte.
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        bytes.withBytes { bytes in
            String(unsafeUninitializedCapacity: bytes.count * 2) { output in
                for (place, byte) in bytes.enumerated() {
                    output[place * 2] = digit(byte >> 4)
                    output[place * 2 + 1] = digit(byte & 0xF)
                }
                return bytes.count * 2
            }
        }
    }

    /// The bytes of a text of digits in either case; nil when it holds anything else or an odd number of them.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        text.utf8.withBytes { digits in
            guard digits.count.isMultiple(of: 2) else { return nil }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(digits.count / 2)
            for place in stride(from: 0, to: digits.count, by: 2) {
                guard let high = value(of: digits[place]), let low = value(of: digits[place + 1]) else { return nil }
                bytes.append(high << 4 | low)
            }
            return bytes
        }
    }

    /// The lower-case digit of the low four bits.
    static func digit(_ value: UInt8) -> UInt8 {
        let value = value & 0xF
        return value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// What a digit of either case stands for.
    static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
