import HTTPTypes
import PluginAPI

/// Who a request comes from.
enum ClientAddress {
    static let forwardedFor = HTTPField.Name("X-Forwarded-For")

    /// A peer's address in text; an IPv4 address that came through an IPv6 socket as the IPv4 address that it is.
    static func text(of address: SocketAddress?) -> String {
        let text = address?.ipAddress ?? "unknown"
        guard text.hasPrefix("::"), text.contains(".") else { return text }
        return text.lowercased().hasPrefix("::ffff:") ? String(text.dropFirst(7)) : text
    }

    /// The peer itself, unless it is a trusted proxy: then the right-most address in `X-Forwarded-For` that is not one.
    /// What stands to the left of it is only what the client claims.
    static func resolve(peer: String, forwardedFor: [String], trusted: [AddressRange]) -> String {
        guard !trusted.isEmpty, trusted.contains(where: { $0.contains(peer) }) else { return peer }
        var address = peer
        for entry in forwardedFor.flatMap({ $0.split(separator: ",") }).reversed() {
            let text = host(of: entry)
            guard AddressRange(text) != nil else { break }
            address = text
            if !trusted.contains(where: { $0.contains(text) }) { break }
        }
        return address
    }

    /// An entry without spaces, brackets and port: `10.0.0.1`, `10.0.0.1:80`, `[::1]:80`.
    private static func host(of entry: Substring) -> String {
        let entry = entry.filter { $0 != " " && $0 != "\t" }
        if entry.first == "[" { return String(entry.dropFirst().prefix { $0 != "]" }) }
        let isV4WithPort = entry.count(where: { $0 == ":" }) == 1
        return isV4WithPort ? String(entry.prefix { $0 != ":" }) : entry
    }
}
