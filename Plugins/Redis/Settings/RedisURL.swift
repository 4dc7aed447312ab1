import PluginAPI

/// The text an operator calls "Redis' URL": `redis://user:password@host:port/database`, `rediss://` with TLS, or
/// `unix:///path/of/socket?db=1`.
struct RedisURL {
    /// Why the text cannot be used; holds no part of it that could be a password.
    struct Refusal: Error {
        var problem: String
    }

    private(set) var address: RedisAddress
    private(set) var credentials: RedisOptions.Credentials?
    private(set) var database: Int?
    private(set) var usesTLS = false

    /// Parameters about a client's own ways, which say nothing about the server.
    private static let passedOver: Set = ["family", "protocol", "timeout"]

    init(_ text: String) throws(Refusal) {
        guard let mark = text.firstRange(of: "://") else { throw Self.unknown }
        let parts = text[mark.upperBound...].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let place = parts[0]
        // What stands behind the mark may then be half a password.
        guard parts.count == 1 || !parts[1].contains("@") else {
            throw Refusal(problem: "write %3F for a ? before the @")
        }
        switch text[..<mark.lowerBound].lowercased() {
        case "redis", "valkey": address = try Self.host(of: place)
        case "rediss", "valkeys":
            address = try Self.host(of: place)
            usesTLS = true
        case "unix", "redis+unix":
            let path = place.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).last ?? place
            guard path.hasPrefix("/") else { throw Refusal(problem: "needs the socket's whole path") }
            address = .socket(path: String(path))
        default: throw Self.unknown
        }
        if let at = place.lastIndex(of: "@") { credentials = try Self.credentials(place[..<at]) }
        if address.host != nil, let path = Self.path(of: place) { database = try Self.database(path) }
        for parameter in (parts.count > 1 ? parts[1] : "").split(separator: "&") {
            let pair = parameter.split(separator: "=", maxSplits: 1)
            switch pair.first ?? "" {
            case "db": database = try Self.database(pair.last ?? "")
            case let name where Self.passedOver.contains(String(name)): break
            case let name: throw Refusal(problem: "has an unknown parameter \"\(name.prefix(40))\"")
            }
        }
    }

    private static let unknown = Refusal(problem: "must begin with redis://, rediss:// or unix://")

    private static func host(of place: Substring) throws(Refusal) -> RedisAddress {
        let start = place.lastIndex(of: "@").map { place.index(after: $0) } ?? place.startIndex
        let host = place[start...].prefix { $0 != "/" }
        if let address = RedisAddress(host.isEmpty ? "localhost" : String(host), standardPort: 6379) { return address }
        throw Refusal(
            problem: "has no host:port that can be read; special characters in a password are written %XX")
    }

    private static func path(of place: Substring) -> Substring? {
        let start = place.lastIndex(of: "@") ?? place.startIndex
        guard let slash = place[start...].firstIndex(of: "/") else { return nil }
        let path = place[place.index(after: slash)...]
        return path.isEmpty ? nil : path
    }

    private static func database(_ text: Substring) throws(Refusal) -> Int {
        guard text.allSatisfy(\.isASCII), let number = Int(text), (0...1_000_000).contains(number) else {
            throw Refusal(problem: "has a database that is no number")
        }
        return number
    }

    private static func credentials(_ text: Substring) throws(Refusal) -> RedisOptions.Credentials? {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty else {
            if parts.allSatisfy(\.isEmpty) { return nil }
            throw Refusal(problem: "has a user without a password; a password alone is written :password@")
        }
        guard let name = PercentEncoding.decode(parts[0]), let password = PercentEncoding.decode(parts[1]) else {
            throw Refusal(problem: "has a % in its user or password that does not begin two hexadecimal digits")
        }
        return RedisOptions.Credentials(username: name.isEmpty ? nil : name, password: Secret(password))
    }
}
