#if canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A range of IP addresses: `10.0.0.0/8`, `fd00::/8`, or one address.
public struct AddressRange: Sendable, Hashable, CustomStringConvertible {
    /// What errors call a range.
    static let form = "an address or range such as 10.0.0.0/8"

    /// The range as it was written.
    public let description: String
    /// The address in network order, 4 or 16 bytes.
    public let bytes: [UInt8]
    /// How many leading bits count.
    public let prefixLength: Int

    /// Reads a range; `nil` for anything that is not an IPv4 or IPv6 address, with or without `/bits`.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let bytes = Self.address(String(parts[0])) else { return nil }
        let longest = bytes.count * 8
        guard parts.count == 2 else {
            self.init(description: text, bytes: bytes, prefixLength: longest)
            return
        }
        guard let bits = Int(parts[1]), (0...longest).contains(bits), parts[1].utf8.allSatisfy({ $0 >= 48 }) else {
            return nil
        }
        self.init(description: text, bytes: bytes, prefixLength: bits)
    }

    private init(description: String, bytes: [UInt8], prefixLength: Int) {
        self.description = description
        self.bytes = bytes
        self.prefixLength = prefixLength
    }

    /// Whether an address is in the range; an IPv4 address that came through an IPv6 socket (`::ffff:10.0.0.1`) counts
    /// as the IPv4 address that it is.
    public func contains(_ address: String) -> Bool {
        guard var other = Self.address(address) else { return false }
        if other.count == 16, bytes.count == 4, other.starts(with: Self.mappedPrefix) { other.removeFirst(12) }
        guard other.count == bytes.count else { return false }
        let whole = prefixLength / 8
        guard bytes.prefix(whole) == other.prefix(whole) else { return false }
        let rest = prefixLength % 8
        guard rest > 0 else { return true }
        return (bytes[whole] ^ other[whole]) >> UInt8(8 - rest) == 0
    }

    private static let mappedPrefix = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]

    private static func address(_ text: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 { return Array(bytes.prefix(4)) }
        return inet_pton(AF_INET6, text, &bytes) == 1 ? bytes : nil
    }
}
