/// The slot of a key or channel in a Redis Cluster (redis.io/docs/reference/cluster-spec): CRC-16 of the part between
/// the first `{` and the next `}`, or of the whole if there is no such part or it is empty.
enum KeySlot {
    static let count = 16_384

    static func of(_ key: String) -> Int {
        var key = key
        return key.withUTF8 { Int(checksum(taggedPart(of: $0))) % count }
    }

    private static func taggedPart(of key: UnsafeBufferPointer<UInt8>) -> Slice<UnsafeBufferPointer<UInt8>> {
        guard let open = key.firstIndex(of: UInt8(ascii: "{")) else { return key[...] }
        let rest = key[(open + 1)...]
        guard let close = rest.firstIndex(of: UInt8(ascii: "}")), close > rest.startIndex else { return key[...] }
        return rest[..<close]
    }

    /// CRC-16/XMODEM.
    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt16 {
        bytes.reduce(0) { sum, byte in
            sum << 8 ^ table[Int(UInt8(truncatingIfNeeded: sum >> 8) ^ byte)]
        }
    }

    private static let table: [UInt16] = (0..<256).map { index in
        (0..<8).reduce(UInt16(index) << 8) { sum, _ in sum & 0x8000 != 0 ? sum << 1 ^ 0x1021 : sum << 1 }
    }
}
