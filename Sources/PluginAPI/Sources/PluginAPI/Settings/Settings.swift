/// The settings of one plugin (or one group of them), read by name and type.
///
/// A plugin sees its own settings only, and reads them once into a struct when it is made:
///
///     init(_ settings: Settings) throws(SettingsError) {
///         path = try settings.string("path")
///         readers = try settings.int("readers")
///         busyTimeout = try settings.duration("busy_timeout")
///     }
///
/// Defaults and bounds come from the ``SettingsSchema``; an argument at the call takes precedence over it. Asking for a
/// key that the schema does not declare is an error, so that no setting can exist without being documented.
public struct Settings: Sendable {
    /// What this group is called in errors, such as `plugins[1].settings`.
    public let path: String
    /// The values as written.
    public let node: SettingsNode?
    /// What is declared; `nil` allows any name.
    public let schema: SettingsSchema?

    /// No settings: every default.
    public static let empty = Settings(nil)

    /// Creates a reader over values that were validated, or not: each read checks again.
    public init(_ node: SettingsNode?, schema: SettingsSchema? = nil, path: String = "settings") {
        self.node = node.flatMap { $0.isNull ? nil : $0 }
        self.schema = schema
        self.path = path
    }

    /// Whether a value is stated for the key, default or not.
    public func isSet(_ key: String) -> Bool {
        node?[key].map { !$0.isNull } ?? false
    }

    /// Where the value of a key was stated; `default` when it was not.
    public func origin(of key: String) -> SettingsOrigin {
        guard let value = node?[key], !value.isNull else { return .default }
        return value.origin
    }

    /// An error about a value that the reader itself found wrong, at the place where it was stated.
    public func error(_ key: String, _ message: String) -> SettingsError {
        let origin = isSet(key) ? origin(of: key) : (node?.origin ?? .default)
        return SettingsError(origin: origin, path: Self.join(path, key), message: message)
    }

    static func join(_ path: String, _ key: String) -> String {
        path.isEmpty ? key : "\(path).\(key)"
    }
}

extension Settings {
    /// The stated value.
    func stated(_ key: String) throws(SettingsError) -> SettingValue? {
        if let schema, schema[key] == nil {
            throw error(key, "is read, but the settings schema does not declare it")
        }
        guard let node else { return nil }
        guard node.entries != nil else {
            throw SettingValue(node: node, path: path, isSecret: false).unexpected("a mapping")
        }
        guard let value = node[key], !value.isNull else { return nil }
        return self.value(key, value)
    }

    /// The stated value or the schema's default.
    func effective(_ key: String) throws(SettingsError) -> SettingValue? {
        if let value = try stated(key) { return value }
        return schema?[key]?.defaultText.map { text in
            value(key, SettingsNode(.scalar(SettingsScalar(text, isQuoted: true)), origin: .default))
        }
    }

    func read<Value>(
        _ key: String, _ fallback: Value?, _ convert: (SettingValue) throws(SettingsError) -> Value
    ) throws(SettingsError) -> Value {
        if let value = try stated(key) { return try convert(value) }
        if let fallback { return fallback }
        if let value = try effective(key) { return try convert(value) }
        let declared = schema?[key] ?? SettingKey(key, .any, "no default")
        throw .missing(declared, origin: node?.origin ?? .default, path: Self.join(path, key))
    }

    func readOptional<Value>(
        _ key: String, _ convert: (SettingValue) throws(SettingsError) -> Value
    ) throws(SettingsError) -> Value? {
        guard let value = try effective(key) else { return nil }
        return try convert(value)
    }

    private func value(_ key: String, _ node: SettingsNode) -> SettingValue {
        let isSecret = schema?[key]?.isSecret ?? Redaction.isSecret(name: key)
        return SettingValue(node: node, path: Self.join(path, key), isSecret: isSecret)
    }
}
