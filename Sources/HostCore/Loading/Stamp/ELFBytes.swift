/// Little-endian numbers at fixed places of a header.
struct ELFBytes {
    private let bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    /// The number at `offset`, or 0 where the header is shorter: the callers' range checks then refuse it.
    func integer<Number: FixedWidthInteger & UnsignedInteger>(_ offset: Int, _: Number.Type = Number.self) -> Number {
        let width = Number.bitWidth / 8
        guard offset >= 0, offset <= bytes.count - width else { return 0 }
        let start = bytes.startIndex + offset
        return bytes[start..<(start + width)].reversed().reduce(0) { $0 << 8 | Number($1) }
    }

    /// The text from `offset` to the next zero byte; nil when there is none.
    func text(_ offset: Int) -> String? {
        guard offset >= 0, offset < bytes.count else { return nil }
        let rest = bytes[(bytes.startIndex + offset)...]
        guard let end = rest.firstIndex(of: 0) else { return nil }
        return String(decoding: rest[..<end], as: UTF8.self)
    }
}
