/// The members of a JSON object, in the order they were first written.
///
/// A repeated key keeps its first place and takes the last value. Small objects are searched linearly; larger ones
/// carry an index, so that a peer's object of very many members costs no quadratic time.
public struct JSONObject: Sendable {
    /// One member.
    public typealias Element = (key: String, value: JSONValue)

    private static let linearLimit = 16

    private var members: [Element] = []
    private var index: [String: Int] = [:]

    /// Makes an object without members.
    public init() {}

    /// Makes an object of these members; of a repeated key the last value counts.
    public init(_ members: some Sequence<(String, JSONValue)>) {
        for (key, value) in members { set(key, value) }
    }

    /// The value of a key; nil when there is no such member. Assigning nil removes the member.
    public subscript(key: String) -> JSONValue? {
        get { position(of: key).map { members[$0].value } }
        set {
            if let newValue { set(key, newValue) } else { removeValue(forKey: key) }
        }
    }

    /// The value of a key, or nil when the member is missing **or `null`**, the wire's two ways to say "absent".
    public func present(_ key: String) -> JSONValue? {
        guard let value = self[key], !value.isNull else { return nil }
        return value
    }

    /// Adds a member, or replaces its value in place.
    public mutating func set(_ key: String, _ value: JSONValue) {
        if let position = position(of: key) {
            members[position].value = value
            return
        }
        members.append((key, value))
        if members.count == Self.linearLimit + 1 {
            reindex()
        } else if members.count > Self.linearLimit {
            index[key] = members.count - 1
        }
    }

    /// Removes a member and returns its value, or nil when there was none.
    @discardableResult
    public mutating func removeValue(forKey key: String) -> JSONValue? {
        guard let position = position(of: key) else { return nil }
        let removed = members.remove(at: position)
        reindex()
        return removed.value
    }

    private func position(of key: String) -> Int? {
        members.count > Self.linearLimit ? index[key] : members.firstIndex { $0.key == key }
    }

    private mutating func reindex() {
        index.removeAll()
        guard members.count > Self.linearLimit else { return }
        for (position, member) in members.enumerated() { index[member.key] = position }
    }
}

extension JSONObject: RandomAccessCollection {
    /// Always 0.
    public var startIndex: Int { 0 }

    /// The number of members.
    public var endIndex: Int { members.count }

    /// The member at that place; the place must be valid, as with an array.
    public subscript(position: Int) -> Element { members[position] }
}

/// Members are compared without regard to order, as RFC 8259 section 4 leaves order without meaning.
extension JSONObject: Hashable {
    /// Whether both have the same keys with equal values.
    public static func == (lhs: JSONObject, rhs: JSONObject) -> Bool {
        lhs.count == rhs.count && lhs.allSatisfy { rhs[$0.key] == $0.value }
    }

    /// Feeds the members to the hasher so that order does not count.
    public func hash(into hasher: inout Hasher) {
        var combined = 0
        for (key, value) in members {
            var member = Hasher()
            member.combine(key)
            member.combine(value)
            combined ^= member.finalize()
        }
        hasher.combine(count)
        hasher.combine(combined)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// Makes an object; of a repeated key the last value counts.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements)
    }
}
