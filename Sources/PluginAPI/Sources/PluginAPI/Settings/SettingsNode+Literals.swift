// Settings written in code (defaults, tests): `["port": 4000, "hosts": ["a", "b"]]`. Their origin is `default`.

extension SettingsNode: ExpressibleByStringLiteral {
    /// Creates a text value.
    public init(stringLiteral value: String) {
        self.init(.scalar(SettingsScalar(value, isQuoted: true)), origin: .default)
    }
}

extension SettingsNode: ExpressibleByIntegerLiteral {
    /// Creates an integer value.
    public init(integerLiteral value: Int) {
        self.init(text: String(value), origin: .default)
    }
}

extension SettingsNode: ExpressibleByBooleanLiteral {
    /// Creates a truth value.
    public init(booleanLiteral value: Bool) {
        self.init(text: String(value), origin: .default)
    }
}

extension SettingsNode: ExpressibleByArrayLiteral {
    /// Creates a list.
    public init(arrayLiteral elements: SettingsNode...) {
        self.init(.sequence(elements), origin: .default)
    }
}

extension SettingsNode: ExpressibleByDictionaryLiteral {
    /// Creates a mapping; a name given twice keeps its first value.
    public init(dictionaryLiteral elements: (String, SettingsNode)...) {
        self.init(.mapping(elements.map { SettingsEntry($0.0, $0.1, origin: .default) }), origin: .default)
    }
}
