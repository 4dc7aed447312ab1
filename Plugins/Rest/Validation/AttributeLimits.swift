import PluginAPI

/// What a user's attributes may cost (`http.md` 5).
enum AttributeLimits {
    /// Keys over all levels.
    static let maxKeys = 50
    /// Levels, the attributes themselves counted.
    static let maxDepth = 5
    /// UTF-16 units of a key, on any level.
    static let maxKeyLength = TextBounds.short
    /// Bytes of one attribute: of its text, or of the JSON of anything else.
    static let maxValueBytes = 1024

    /// What is wrong with attributes; nil: nothing.
    static func issue(of attributes: JSONObject, at path: [JSONValue]) -> ValidationIssue? {
        if depth(of: .object(attributes)) > maxDepth {
            return .custom("Attributes must not be nested deeper than \(maxDepth) levels", at: path)
        }
        if keyCount(of: .object(attributes)) > maxKeys {
            return .custom("Attributes must not have more than \(maxKeys) keys", at: path)
        }
        if longestKey(of: .object(attributes)) > maxKeyLength {
            return .custom("An attribute's key must not have more than \(maxKeyLength) characters", at: path)
        }
        if attributes.keysHoldNUL { return .custom("Keys of attributes must not hold U+0000", at: path) }
        for (name, value) in attributes where size(of: value) > maxValueBytes {
            return .custom("An attribute must not be larger than \(maxValueBytes) bytes", at: path + [.string(name)])
        }
        return nil
    }

    // The parser bounds the nesting, and with it these recursions.

    private static func depth(of value: JSONValue) -> Int {
        switch value {
        case .object(let members): 1 + (members.map { depth(of: $0.value) }.max() ?? 0)
        case .array(let elements): 1 + (elements.map { depth(of: $0) }.max() ?? 0)
        default: 0
        }
    }

    private static func keyCount(of value: JSONValue) -> Int {
        switch value {
        case .object(let members): members.reduce(members.count) { $0 + keyCount(of: $1.value) }
        case .array(let elements): elements.reduce(0) { $0 + keyCount(of: $1) }
        default: 0
        }
    }

    private static func longestKey(of value: JSONValue) -> Int {
        switch value {
        case .object(let members): members.map { max($0.key.utf16Length, longestKey(of: $0.value)) }.max() ?? 0
        case .array(let elements): elements.map { longestKey(of: $0) }.max() ?? 0
        default: 0
        }
    }

    private static func size(of value: JSONValue) -> Int {
        if case .string(let text) = value { text.utf8.count } else { value.serialized().readableBytes }
    }
}
