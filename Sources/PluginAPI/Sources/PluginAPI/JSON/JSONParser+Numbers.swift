extension JSONParser {
    /// Reads a number (RFC 8259 section 6).
    mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        let isNegative = try take(UInt8(ascii: "-"))
        let whole = position
        try digits()
        if bytes[whole] == UInt8(ascii: "0"), position > whole + 1 {
            throw JSONError(offset: start, reason: .invalidNumber)
        }
        let wholeEnd = position
        if isNext(UInt8(ascii: ".")) {
            position += 1
            try digits()
        }
        if isNext(UInt8(ascii: "e")) || isNext(UInt8(ascii: "E")) {
            position += 1
            if isNext(UInt8(ascii: "+")) || isNext(UInt8(ascii: "-")) { position += 1 }
            try digits()
        }
        if position == wholeEnd, let value = integer(whole..<wholeEnd, isNegative: isNegative) { return .int(value) }
        guard let value = Double(String(decoding: bytes[start..<position], as: UTF8.self)), value.isFinite else {
            throw JSONError(offset: start, reason: .numberOutOfRange)
        }
        return .double(value)
    }

    /// Steps over one digit or more.
    private mutating func digits() throws(JSONError) {
        let start = position
        while position < bytes.count, bytes[position].isASCIIDigit { position += 1 }
        guard position > start else {
            throw error(position < bytes.count ? .invalidNumber : .unexpectedEnd)
        }
    }

    private func isNext(_ byte: UInt8) -> Bool {
        position < bytes.count && bytes[position] == byte
    }

    /// The digits as an integer; nil when 64 bits are too few. Built downwards from zero because there is one more
    /// negative number than positive ones.
    private func integer(_ range: Range<Int>, isNegative: Bool) -> Int64? {
        var value: Int64 = 0
        for byte in bytes[range] {
            let (shifted, tooLong) = value.multipliedReportingOverflow(by: 10)
            let (next, tooLow) = shifted.subtractingReportingOverflow(Int64(byte &- UInt8(ascii: "0")))
            if tooLong || tooLow { return nil }
            value = next
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }
}
