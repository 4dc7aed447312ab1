/// What a per-address limit counts as one client: an IPv4 address, or an IPv6 /56, which is what one customer of a
/// provider gets (`http.md` 7).
public enum ClientBlock {
    /// The block of an address in text; the text itself for IPv4 and for anything that is no address.
    public static func key(of address: String) -> String {
        guard address.utf8.contains(UInt8(ascii: ":")) else { return address }
        guard case .v6(let parsed)? = try? SocketAddress(ipAddress: address, port: 0) else { return address }
        return withUnsafeBytes(of: parsed.address.sin6_addr) { bytes in
            let isMappedIPv4 = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
            if isMappedIPv4 { return "\(bytes[12]).\(bytes[13]).\(bytes[14]).\(bytes[15])" }
            return Hex.encode(bytes.prefix(7)) + "::/56"
        }
    }
}
