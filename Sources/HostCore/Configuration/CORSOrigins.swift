/// Which origins browsers may call from.
public enum CORSOrigins: Sendable, Hashable {
    /// Every one.
    case any
    /// These, each as a browser sends it: scheme, host and port, no path. A host `*.example.com` stands for every name
    /// under `example.com`, itself left out.
    case only([String])

    /// What errors call an origin.
    static let form = "an origin such as https://chat.example.com or https://*.example.com"

    /// - Parameter origins: what ``origin(_:)`` made of them.
    init(_ origins: [String]) { self = origins.contains("*") ? .any : .only(origins) }

    /// An origin as a browser writes it; a trailing slash, which browsers never send, is forgiven.
    static func origin(_ text: String) -> String? {
        if text == "*" { return text }
        let origin = text.hasSuffix("/") ? text.dropLast() : text[...]
        guard let separator = origin.firstRange(of: "://") else { return nil }
        let scheme = origin[..<separator.lowerBound]
        var host = origin[separator.upperBound...]
        // The whole first label, of a name that is none of the world's own such as "com".
        if host.hasPrefix("*.") {
            host = host.dropFirst(2)
            guard host.dropFirst().contains("."), host.first != "." else { return nil }
        }
        let isScheme = !scheme.isEmpty && scheme.allSatisfy { $0.isLetter || $0.isNumber || "+-.".contains($0) }
        let isHost = !host.isEmpty && !host.contains { "/?#@\\*".contains($0) || $0.isWhitespace }
        return isScheme && isHost ? origin.lowercased() : nil
    }

    /// Whether an origin is listed, or lies under a name that is.
    func contains(_ origin: String) -> Bool {
        guard case .only(let listed) = self, !origin.utf8.contains(UInt8(ascii: "*")) else { return false }
        let origin = origin.lowercased()
        return listed.contains { $0 == origin || Self.matches(origin, $0) }
    }

    /// - Parameter pattern: `https://*.example.com`; scheme and port are those of the origin.
    private static func matches(_ origin: String, _ pattern: String) -> Bool {
        guard let star = pattern.firstRange(of: "://*.") else { return false }
        let (start, end) = (pattern[..<star.lowerBound] + "://", pattern[star.upperBound...].utf8)
        guard origin.hasPrefix(start) else { return false }
        let host = origin.dropFirst(start.count).utf8
        guard host.count > end.count + 1, host.suffix(end.count).elementsEqual(end) else { return false }
        let name = host.dropLast(end.count)
        return name.last == UInt8(ascii: ".")
            && name.dropLast().split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy {
                label in
                !label.isEmpty && label.allSatisfy(isNameByte)
            }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
