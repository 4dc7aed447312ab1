import PluginAPI

/// A time zone as the system's database keeps it (RFC 8536): how far local time is from UTC, at any instant.
struct ZoneFile: Sendable {
    private struct Change {
        /// Seconds since 1970.
        var from: Int64
        /// Seconds east of Greenwich from then on.
        var offset: Int64
    }

    private var changes: [Change] = []
    private var first: Int64 = 0
    private var rule: ZoneRule?

    /// Reads a file's bytes; nil when they are no time zone.
    init?(_ bytes: [UInt8]) {
        var reader = Reader(bytes: bytes)
        guard let header = reader.header() else { return nil }
        guard header.version >= UInt8(ascii: "2") else {
            guard read(&reader, header, wide: false) else { return nil }
            return
        }
        // The same once more with 64 bits follows, and then the rule for all later years.
        guard reader.skip(header.length(wide: false)), let wide = reader.header(), read(&reader, wide, wide: true)
        else { return nil }
        rule = reader.footer().flatMap { ZoneRule($0) }
    }

    /// UTC itself.
    static let utc = ZoneFile()

    private init() {}

    /// Seconds that local time is ahead of UTC.
    func offset(at time: Timestamp) -> Int64 {
        let seconds = CivilDate.floorDivide(time.milliseconds, 1_000)
        guard let last = changes.last else { return rule?.offset(at: seconds) ?? first }
        if seconds >= last.from, let rule { return rule.offset(at: seconds) }
        var (low, high) = (0, changes.count)
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].from <= seconds { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? first : changes[low - 1].offset
    }

    private mutating func read(_ reader: inout Reader, _ header: Header, wide: Bool) -> Bool {
        var times: [Int64] = []
        for _ in 0..<header.changes {
            guard let time = reader.number(wide ? 8 : 4) else { return false }
            times.append(time)
        }
        guard let kinds = reader.take(header.changes) else { return false }
        var offsets: [Int64] = []
        for _ in 0..<header.types {
            guard let offset = reader.number(4), reader.skip(2) else { return false }
            offsets.append(offset)
        }
        let rest = header.characters + header.leaps * (wide ? 12 : 8) + header.standards + header.universals
        guard reader.skip(rest), let initial = offsets.first else { return false }
        first = initial
        for (time, kind) in zip(times, kinds) {
            guard Int(kind) < offsets.count else { return false }
            changes.append(Change(from: time, offset: offsets[Int(kind)]))
        }
        return true
    }
}

extension ZoneFile {
    fileprivate struct Header {
        var version: UInt8
        var universals: Int
        var standards: Int
        var leaps: Int
        var changes: Int
        var types: Int
        var characters: Int

        func length(wide: Bool) -> Int {
            let time = wide ? 8 : 4
            return changes * (time + 1) + types * 6 + characters + leaps * (time + 4) + standards + universals
        }
    }

    fileprivate struct Reader {
        let bytes: [UInt8]
        var position = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
            guard count >= 0, bytes.count - position >= count else { return nil }
            defer { position += count }
            return bytes[position..<position + count]
        }

        mutating func skip(_ count: Int) -> Bool { take(count) != nil }

        /// A signed number, most significant byte first.
        mutating func number(_ width: Int) -> Int64? {
            guard let digits = take(width), let top = digits.first else { return nil }
            let start: UInt64 = top >= 0x80 ? .max : 0
            return Int64(bitPattern: digits.reduce(start) { $0 << 8 | UInt64($1) })
        }

        mutating func header() -> Header? {
            guard let magic = take(4), magic.elementsEqual("TZif".utf8), let version = take(1)?.first, skip(15)
            else { return nil }
            var counts: [Int] = []
            for _ in 0..<6 {
                // More than any file has, and no reason to count so far.
                guard let count = number(4), (0...100_000).contains(count) else { return nil }
                counts.append(Int(count))
            }
            return Header(
                version: version, universals: counts[0], standards: counts[1], leaps: counts[2], changes: counts[3],
                types: counts[4], characters: counts[5])
        }

        /// The text between the two line ends after the data.
        mutating func footer() -> String? {
            guard take(1)?.first == UInt8(ascii: "\n") else { return nil }
            let text = bytes[position...].prefix { $0 != UInt8(ascii: "\n") }
            return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
        }
    }
}
