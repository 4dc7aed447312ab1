import CLibPQ
import PluginAPI

/// The text an operator calls "the database's URL": a `postgres://` URL or libpq's `keyword=value` pairs.
///
/// Parameters that other clients put into such URLs are understood or passed over, so that the line of an existing
/// deployment works as it is.
struct ConnectionURL {
    /// Why the text cannot be used; holds no part of it that could be a password.
    struct Refusal: Error {
        var problem: String
    }

    var options = ConnectionOptions()
    /// `pgbouncer=true`: a transaction-mode pooler is between.
    private(set) var namesPooler = false

    /// Parameters about a client's own pool and caches, which say nothing about the server.
    private static let passedOver: Set = ["connection_limit", "pool_timeout", "socket_timeout", "statement_cache_size"]

    init(_ text: String) throws(Refusal) {
        let isURL = ["postgres://", "postgresql://"].contains { text.lowercased().hasPrefix($0) }
        if !isURL, text.contains("://") { throw Refusal(problem: "must begin with postgres://") }
        for (name, value) in try Self.parse(isURL ? try own(parametersOf: text) : text) { options[name] = value }
        // Half a password can end up there, and from there in an error message.
        if options["host"]?.contains("@") ?? false {
            throw Refusal(problem: "has an @ too many: write %40 for one inside the password")
        }
        let ports = (options["port"] ?? "").split(separator: ",")
        if ports.contains(where: { UInt16($0) == nil }) {
            throw Refusal(problem: "has a port that is no number: write %2F for a / inside the password")
        }
    }

    /// Takes out what is not libpq's and answers the rest.
    private mutating func own(parametersOf text: String) throws(Refusal) -> String {
        // All before the last @ may be part of a password.
        let start = text.lastIndex(of: "@") ?? text.startIndex
        guard let mark = text[start...].firstIndex(of: "?") else { return text }
        var kept: [Substring] = []
        for parameter in text[text.index(after: mark)...].split(separator: "&") {
            let pair = parameter.split(separator: "=", maxSplits: 1)
            let (name, value) = (String(pair.first ?? ""), String(pair.last ?? ""))
            switch name {
            case "schema": options.searchPath = value
            case "pgbouncer": namesPooler = value == "true"
            case let name where Self.passedOver.contains(name): break
            case let name where Self.isKeyword(name): kept.append(parameter)
            default: throw Refusal(problem: "has an unknown parameter \"\(name)\"")
            }
        }
        return String(text[..<mark]) + (kept.isEmpty ? "" : "?" + kept.joined(separator: "&"))
    }

    /// libpq's own messages quote the text, so they are not passed on.
    private static func parse(_ text: String) throws(Refusal) -> [(String, String)] {
        var message: UnsafeMutablePointer<CChar>?
        let parsed = PQconninfoParse(text, &message)
        defer {
            PQconninfoFree(parsed)
            if let message { PQfreemem(message) }
        }
        guard let parsed else {
            throw Refusal(
                problem: "is neither postgres://user:password@host:port/database nor keyword=value pairs; "
                    + "special characters in a password are written %XX in a URL, and in quotes in pairs")
        }
        return stated(in: parsed)
    }

    private static func isKeyword(_ name: String) -> Bool {
        let defaults = PQconndefaults()
        defer { PQconninfoFree(defaults) }
        // The one spelling that libpq knows in URLs only.
        return name == "ssl" || (defaults.map { keywords(in: $0).contains(name) } ?? false)
    }

    private static func stated(in options: UnsafeMutablePointer<PQconninfoOption>) -> [(String, String)] {
        entries(in: options).compactMap { entry in
            guard let name = entry.keyword, let value = entry.val, value.pointee != 0 else { return nil }
            return (String(cString: name), String(cString: value))
        }
    }

    private static func keywords(in options: UnsafeMutablePointer<PQconninfoOption>) -> Set<String> {
        Set(entries(in: options).compactMap { $0.keyword.map { String(cString: $0) } })
    }

    /// The list ends with an entry without a keyword.
    private static func entries(in list: UnsafeMutablePointer<PQconninfoOption>) -> [PQconninfoOption] {
        Array(sequence(first: list) { $0 + 1 }.lazy.map(\.pointee).prefix { $0.keyword != nil })
    }
}
