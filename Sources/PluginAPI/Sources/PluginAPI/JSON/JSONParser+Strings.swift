extension JSONParser {
    /// Reads a string whose opening quote is next. Most have no escapes and are made in one step from the input.
    mutating func string() throws(JSONError) -> String {
        let opening = position
        position += 1
        let end = JSONText.firstSpecial(in: bytes, from: position)
        guard end < bytes.count else { throw endOfText(end) }
        guard bytes[end] == JSONText.quote else { return try stringWithEscapes(opening: opening, firstSpecial: end) }
        let plain = UnsafeRawBufferPointer(rebasing: bytes[position..<end])
        guard let text = JSONText.string(plain) else {
            throw JSONError(offset: opening, reason: .invalidUTF8)
        }
        position = end + 1
        return text
    }

    private mutating func stringWithEscapes(opening: Int, firstSpecial: Int) throws(JSONError) -> String {
        unescaped.removeAll(keepingCapacity: true)
        var special = firstSpecial
        while true {
            unescaped.append(contentsOf: bytes[position..<special])
            guard special < bytes.count else { throw endOfText(special) }
            position = special
            switch bytes[special] {
            case JSONText.quote:
                position += 1
                guard let text = unescaped.withUnsafeBytes(JSONText.string) else {
                    throw JSONError(offset: opening, reason: .invalidUTF8)
                }
                return text
            case JSONText.backslash: try escape()
            default: throw error(.controlCharacter)
            }
            special = JSONText.firstSpecial(in: bytes, from: position)
        }
    }

    /// Appends what the escape at the current place stands for (RFC 8259 section 7).
    private mutating func escape() throws(JSONError) {
        let start = position
        position += 1
        let letter = try peek()
        position += 1
        switch letter {
        case JSONText.quote, JSONText.backslash, UInt8(ascii: "/"): unescaped.append(letter)
        case UInt8(ascii: "b"): unescaped.append(0x08)
        case UInt8(ascii: "f"): unescaped.append(0x0C)
        case UInt8(ascii: "n"): unescaped.append(0x0A)
        case UInt8(ascii: "r"): unescaped.append(0x0D)
        case UInt8(ascii: "t"): unescaped.append(0x09)
        case UInt8(ascii: "u"): unescaped.append(contentsOf: try codePoint(start: start).utf8)
        default: throw JSONError(offset: start, reason: .invalidEscape)
        }
    }

    /// Reads the digits after `\u`, and the second half when they begin a surrogate pair.
    private mutating func codePoint(start: Int) throws(JSONError) -> Unicode.Scalar {
        let lone = JSONError(offset: start, reason: .loneSurrogate)
        let first = try hexDigits(start: start)
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard UTF16.isLeadSurrogate(first), position + 1 < bytes.count, bytes[position] == JSONText.backslash,
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw lone }
        position += 2
        let second = try hexDigits(start: start)
        guard UTF16.isTrailSurrogate(second) else { throw lone }
        let combined = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
        guard let scalar = Unicode.Scalar(combined) else { throw lone }
        return scalar
    }

    private mutating func hexDigits(start: Int) throws(JSONError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Hex.value(of: try peek()) else {
                throw JSONError(offset: start, reason: .invalidEscape)
            }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }

    private func endOfText(_ offset: Int) -> JSONError {
        JSONError(offset: offset, reason: .unexpectedEnd)
    }
}
