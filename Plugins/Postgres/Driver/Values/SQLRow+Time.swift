import PluginAPI

extension SQLRow {
    /// A `timestamp` without zone, which holds UTC, as `DateStyle` ISO writes it: `2026-01-29 10:15:57.12`. What is
    /// finer than a millisecond is dropped; the infinities and years before 1 or after 9999 are unreadable.
    func time(_ column: CInt) throws -> Timestamp {
        var reader = TimestampReader(bytes: bytes(column))
        guard let time = reader.time() else { throw unreadable(column, "not a timestamp in ISO style") }
        return time
    }

    func optionalTime(_ column: CInt) throws -> Timestamp? { isNull(column) ? nil : try time(column) }
}

/// Steps through the fixed fields of a timestamp; each step answers nil when the text does not fit.
struct TimestampReader {
    let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    init(bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    mutating func time() -> Timestamp? {
        guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2), take(" "),
            let hour = number(2), take(":"), let minute = number(2), take(":"), let second = number(2),
            (1...12).contains(month), (1...31).contains(day), let millisecond = fraction(), position == bytes.count
        else { return nil }
        let days = CivilDate(year: year, month: month, day: day).daysSinceEpoch
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second
        return Timestamp(milliseconds: seconds * 1_000 + millisecond)
    }

    private mutating func fraction() -> Int64? {
        guard take(".") else { return position == bytes.count ? 0 : nil }
        var milliseconds: Int64 = 0
        var place: Int64 = 100
        let start = position
        while position < bytes.count, let digit = number(1) {
            milliseconds += digit * place
            place /= 10
        }
        return position > start ? milliseconds : nil
    }

    private mutating func number(_ digits: Int) -> Int64? {
        guard bytes.count - position >= digits else { return nil }
        var value: Int64 = 0
        for _ in 0..<digits {
            let byte = bytes[position]
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
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
