extension Settings {
    /// A text.
    ///
    /// - Throws: ``SettingsError`` when it is a list or mapping, or is not stated and has no default.
    public func string(_ key: String, default value: String? = nil) throws(SettingsError) -> String {
        try read(key, value) { value throws(SettingsError) in try value.text() }
    }

    /// A text, or `nil` when none is stated.
    public func optionalString(_ key: String) throws(SettingsError) -> String? {
        try readOptional(key) { value throws(SettingsError) in try value.text() }
    }

    /// A text that must not be printed.
    public func secret(_ key: String) throws(SettingsError) -> Secret {
        try read(key, nil) { value throws(SettingsError) in Secret(try secretText(value)) }
    }

    /// A text that must not be printed, or `nil` when none is stated.
    public func optionalSecret(_ key: String) throws(SettingsError) -> Secret? {
        try readOptional(key) { value throws(SettingsError) in Secret(try secretText(value)) }
    }

    /// A list of texts; one text with commas is a list too, because that is what an environment variable can hold.
    public func stringList(_ key: String, default value: [String]? = nil) throws(SettingsError) -> [String] {
        try read(key, value) { value throws(SettingsError) in
            try value.items().map { $0.node.scalar?.text ?? "" }
        }
    }

    /// One of the cases of an enumeration; the error lists them all.
    public func enumeration<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, as type: Choice.Type = Choice.self, default value: Choice? = nil
    ) throws(SettingsError) -> Choice {
        try read(key, value) { value throws(SettingsError) in
            let choices = Choice.allCases.map(\.rawValue)
            let text = try value.choice(choices)
            guard let choice = Choice(rawValue: text) else {
                throw value.unexpected("one of " + choices.joined(separator: ", "))
            }
            return choice
        }
    }

    /// A text that means something of the reader's own.
    ///
    /// - Parameters:
    ///   - key: The name.
    ///   - expected: What the error says was expected, such as `an address range`.
    ///   - parse: Answers `nil` for text that is not that.
    public func value<Value>(
        _ key: String, expected: String, default value: Value? = nil, parse: (String) -> Value?
    ) throws(SettingsError) -> Value {
        try read(key, value) { value throws(SettingsError) in try value.parsed(expected, parse) }
    }

    /// A list of texts that mean something of the reader's own; an error points at the item.
    public func values<Value>(
        _ key: String, expected: String, default value: [Value]? = nil, parse: (String) -> Value?
    ) throws(SettingsError) -> [Value] {
        try read(key, value) { value throws(SettingsError) in
            var values: [Value] = []
            for item in try value.items() { values.append(try item.parsed(expected, parse)) }
            return values
        }
    }

    /// A value's own redaction must not depend on whether its key looks secret: it was read as one.
    private func secretText(_ value: SettingValue) throws(SettingsError) -> String {
        var value = value
        value.isSecret = true
        return try value.text()
    }
}
