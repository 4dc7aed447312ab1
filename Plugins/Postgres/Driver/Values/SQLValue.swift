import Glibc
import PluginAPI

/// What is bound to a parameter. The server infers its type from the statement.
enum SQLValue: Sendable {
    case null
    case integer(Int64)
    case text(String)
    case boolean(Bool)
    /// `text[]`.
    case texts([String])
    /// `timestamp(3)` without zone, in UTC.
    case timestamp(Timestamp)
}

extension SQLValue {
    static func id<Entity>(_ id: Identifier<Entity>) -> SQLValue { .text(id.rawValue) }

    static func id<Entity>(_ id: Identifier<Entity>?) -> SQLValue {
        if let id { .text(id.rawValue) } else { .null }
    }

    static func ids<Entity>(_ ids: some Sequence<Identifier<Entity>>) -> SQLValue { .texts(ids.map(\.rawValue)) }

    static func time(_ time: Timestamp) -> SQLValue { .timestamp(time) }

    static func time(_ time: Timestamp?) -> SQLValue {
        if let time { .timestamp(time) } else { .null }
    }

    static func optional(_ text: String?) -> SQLValue {
        if let text { .text(text) } else { .null }
    }

    static func word<Word: RawRepresentable<String>>(_ word: Word) -> SQLValue { .text(word.rawValue) }

    static func object(_ object: JSONObject) -> SQLValue { .text(object.isEmpty ? "{}" : object.description) }

    /// A page's size plus the one row that tells whether there is more.
    static func limit(_ limit: Int) -> SQLValue { .integer(Int64(limit)) }

    /// Whether a NUL character is inside: PostgreSQL's `text` cannot hold it, and the protocol ends a text there.
    var holdsNUL: Bool {
        switch self {
        case .text(let text): Self.holdsNUL(text)
        case .texts(let texts): texts.contains { Self.holdsNUL($0) }
        case .null, .integer, .boolean, .timestamp: false
        }
    }

    private static func holdsNUL(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { utf8 in
            guard let start = utf8.baseAddress else { return false }
            return memchr(start, 0, utf8.count) != nil
        }
    }
}
