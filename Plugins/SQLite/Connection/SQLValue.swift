import PluginAPI

/// What is bound to a statement: the two storage classes this schema uses, or nothing.
enum SQLValue: Sendable {
    case null
    case integer(Int64)
    case text(String)
}

extension SQLValue {
    static func id<Entity>(_ id: Identifier<Entity>) -> SQLValue { .text(id.rawValue) }

    static func id<Entity>(_ id: Identifier<Entity>?) -> SQLValue {
        if let id { .text(id.rawValue) } else { .null }
    }

    static func time(_ time: Timestamp) -> SQLValue { .integer(time.milliseconds) }

    static func time(_ time: Timestamp?) -> SQLValue {
        if let time { .integer(time.milliseconds) } else { .null }
    }

    static func optional(_ text: String?) -> SQLValue {
        if let text { .text(text) } else { .null }
    }

    static func word<Word: RawRepresentable<String>>(_ word: Word) -> SQLValue { .text(word.rawValue) }

    static func object(_ object: JSONObject) -> SQLValue { .text(object.isEmpty ? "{}" : object.description) }

    /// A page's size plus the one row that tells whether there is more.
    static func limit(_ limit: Int) -> SQLValue { .integer(Int64(limit)) }
}
