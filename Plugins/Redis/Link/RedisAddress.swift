/// Where a server is.
enum RedisAddress: Sendable, Hashable, CustomStringConvertible {
    case host(String, port: Int)
    case socket(path: String)

    static let standardPort = 6379
    static let sentinelPort = 26379

    var description: String {
        switch self {
        case .host(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .socket(let path): path
        }
    }

    /// The server's name, where it has one.
    var host: String? { if case .host(let host, _) = self { host } else { nil } }
}

extension RedisAddress {
    /// Reads `host`, `host:port`, `[address]:port` or a socket's absolute path.
    init?(_ text: String, standardPort: Int) {
        if text.hasPrefix("/") {
            self = .socket(path: text)
            return
        }
        var host = text[...]
        var port = standardPort
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":"), let stated = Self.port(rest.dropFirst(), standardPort) else {
                return nil
            }
            port = stated
        } else if let colon = text.lastIndex(of: ":") {
            guard let stated = Self.port(text[text.index(after: colon)...], standardPort) else { return nil }
            (host, port) = (text[..<colon], stated)
            if host.contains(":") { return nil }
        }
        guard !host.isEmpty, !host.contains(where: { $0.isWhitespace || $0 == "/" || $0 == "@" }) else { return nil }
        self = .host(String(host), port: port)
    }

    private static func port(_ text: Substring, _ standard: Int) -> Int? {
        if text.isEmpty { return standard }
        guard text.allSatisfy(\.isNumber), let port = Int(text), (1...65_535).contains(port) else { return nil }
        return port
    }
}
