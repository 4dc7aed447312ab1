/// Bytes as base 64 text with padding (RFC 4648 section 4).
public enum Base64 {
    /// Four characters for every three bytes begun.
    @inlinable
    public static func encode(_ bytes: some Sequence<UInt8>) -> String { bytes.withBytes { encode(bytes: $0) } }

    @usableFromInline
    static func encode(bytes: UnsafeRawBufferPointer) -> String {
        Base64Alphabet.standard.encode(bytes, isPadded: true)
    }
}

/// Bytes as base 64 text for URLs and file names, without padding (RFC 4648 section 5).
public enum Base64URL {
    /// As many characters of `A-Z a-z 0-9 - _` as the bytes need.
    @inlinable
    public static func encode(_ bytes: some Sequence<UInt8>) -> String { bytes.withBytes { encode(bytes: $0) } }

    @usableFromInline
    static func encode(bytes: UnsafeRawBufferPointer) -> String {
        Base64Alphabet.url.encode(bytes, isPadded: false)
    }

    /// The bytes of a text; nil for a foreign character, padding, an impossible length, or stray bits in the last
    /// character, so that every byte string has exactly one text.
    public static func decode(_ text: some StringProtocol) -> [UInt8]? {
        text.utf8.withBytes { Base64Alphabet.url.decode($0) }
    }
}

/// The 64 characters of one variant: letters and digits are common, the last two differ.
struct Base64Alphabet {
    static let standard = Base64Alphabet(sixtyTwo: UInt8(ascii: "+"), sixtyThree: UInt8(ascii: "/"))
    static let url = Base64Alphabet(sixtyTwo: UInt8(ascii: "-"), sixtyThree: UInt8(ascii: "_"))

    let sixtyTwo: UInt8
    let sixtyThree: UInt8

    func encode(_ bytes: UnsafeRawBufferPointer, isPadded: Bool) -> String {
        let length = (bytes.count * 8 + 5) / 6
        let padded = isPadded ? (bytes.count + 2) / 3 * 4 : length
        return String(unsafeUninitializedCapacity: padded) { output in
            for place in 0..<length {
                let bit = place * 6
                let first = UInt16(bytes[bit / 8]) << 8
                let second = bit / 8 + 1 < bytes.count ? UInt16(bytes[bit / 8 + 1]) : 0
                output[place] = character(of: UInt8(truncatingIfNeeded: (first | second) >> (10 - bit % 8)) & 63)
            }
            for place in length..<padded { output[place] = UInt8(ascii: "=") }
            return padded
        }
    }

    func decode(_ characters: UnsafeRawBufferPointer) -> [UInt8]? {
        guard characters.count % 4 != 1 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(characters.count * 3 / 4)
        var pending: UInt32 = 0
        var pendingBits: UInt32 = 0
        for character in characters {
            guard let value = value(of: character) else { return nil }
            pending = pending << 6 | UInt32(value)
            pendingBits += 6
            if pendingBits >= 8 {
                pendingBits -= 8
                bytes.append(UInt8(truncatingIfNeeded: pending >> pendingBits))
                pending &= (1 << pendingBits) - 1
            }
        }
        return pending == 0 ? bytes : nil
    }

    func character(of value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + value - 26
        case 52..<62: UInt8(ascii: "0") + value - 52
        case 62: sixtyTwo
        default: sixtyThree
        }
    }

    private func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
        case sixtyTwo: 62
        case sixtyThree: 63
        default: nil
        }
    }
}
