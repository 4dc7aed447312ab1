import NIOCore

extension Timestamp {
    private static let textLength = 24
    /// 0000-01-01T00:00:00.000Z.
    private static let firstWritable: Int64 = -62_167_219_200_000
    /// 9999-12-31T23:59:59.999Z.
    private static let lastWritable: Int64 = 253_402_300_799_999
    static let millisecondsPerDay: Int64 = 86_400_000

    /// The milliseconds of the nearest instant whose year has four digits.
    var writableMilliseconds: Int64 { min(max(milliseconds, Self.firstWritable), Self.lastWritable) }

    /// The instant as the wire wants it: UTC, exactly three decimals and `Z`, as in `2026-01-29T10:15:57.120Z`.
    /// Instants outside the years 0 ... 9999 are written as the nearest one inside.
    public var iso8601: String {
        String(unsafeUninitializedCapacity: Self.textLength) { output in
            fill(UnsafeMutableRawBufferPointer(output))
            return Self.textLength
        }
    }

    /// Appends ``iso8601`` to a buffer without making a string.
    public func write(to buffer: inout ByteBuffer) {
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.textLength) { output in
            fill(output)
            return Self.textLength
        }
    }

    private func fill(_ output: UnsafeMutableRawBufferPointer) {
        let instant = writableMilliseconds
        let days = CivilDate.floorDivide(instant, Self.millisecondsPerDay)
        let date = CivilDate(daysSinceEpoch: days)
        let time = instant - days * Self.millisecondsPerDay
        var position = 0

        func put(_ value: Int64, digits: Int, then separator: UInt8) {
            var rest = value
            for place in (position..<(position + digits)).reversed() {
                output[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            output[position + digits] = separator
            position += digits + 1
        }

        put(date.year, digits: 4, then: UInt8(ascii: "-"))
        put(date.month, digits: 2, then: UInt8(ascii: "-"))
        put(date.day, digits: 2, then: UInt8(ascii: "T"))
        put(time / 3_600_000, digits: 2, then: UInt8(ascii: ":"))
        put(time / 60_000 % 60, digits: 2, then: UInt8(ascii: ":"))
        put(time / 1_000 % 60, digits: 2, then: UInt8(ascii: "."))
        put(time % 1_000, digits: 3, then: UInt8(ascii: "Z"))
    }
}
