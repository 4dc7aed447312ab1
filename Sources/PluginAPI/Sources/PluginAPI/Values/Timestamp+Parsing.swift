extension Timestamp {
    /// Reads an RFC 3339 instant; nil for anything else.
    ///
    /// Any offset, either case of `T` and `Z`, a space for `T`, and up to nine decimals are accepted; what is finer
    /// than a millisecond is dropped. A leap second (`:60`) is the same instant as the second after it.
    public init?(iso8601 text: some StringProtocol) {
        let instant: Timestamp? = text.utf8.withBytes { bytes in
            var reader = RFC3339Reader(bytes: bytes)
            return reader.instant()
        }
        guard let instant else { return nil }
        self = instant
    }
}

/// Steps through the fixed fields of RFC 3339 section 5.6; each step answers nil when the text does not fit.
private struct RFC3339Reader {
    let bytes: UnsafeRawBufferPointer
    var position = 0

    init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    mutating func instant() -> Timestamp? {
        guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2),
            take("T") || take("t") || take(" "),
            let hour = number(2), hour < 24, take(":"), let minute = number(2), minute < 60, take(":"),
            let second = number(2), second <= 60, let millisecond = fraction(), let offset = offsetMinutes(),
            position == bytes.count
        else { return nil }
        let date = CivilDate(year: year, month: month, day: day)
        guard date.isValid else { return nil }
        let minutes = date.daysSinceEpoch * 1_440 + hour * 60 + minute - offset
        return Timestamp(milliseconds: (minutes * 60 + second) * 1_000 + millisecond)
    }

    /// The optional decimals of the second, as milliseconds.
    private mutating func fraction() -> Int64? {
        guard take(".") else { return 0 }
        let start = position
        var nanoseconds: Int64 = 0
        while position < bytes.count, bytes[position].isASCIIDigit, position - start < 9 {
            nanoseconds = nanoseconds * 10 + Int64(bytes[position] - UInt8(ascii: "0"))
            position += 1
        }
        guard position > start else { return nil }
        for _ in (position - start)..<9 { nanoseconds *= 10 }
        return nanoseconds / 1_000_000
    }

    private mutating func offsetMinutes() -> Int64? {
        if take("Z") || take("z") { return 0 }
        let isWest = take("-")
        guard isWest || take("+"), let hours = number(2), hours < 24, take(":"), let minutes = number(2), minutes < 60
        else { return nil }
        return (isWest ? -1 : 1) * (hours * 60 + minutes)
    }

    private mutating func number(_ digits: Int) -> Int64? {
        guard bytes.count - position >= digits else { return nil }
        var value: Int64 = 0
        for _ in 0..<digits {
            guard bytes[position].isASCIIDigit else { return nil }
            value = value * 10 + Int64(bytes[position] - UInt8(ascii: "0"))
            position += 1
        }
        return value
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }
}
