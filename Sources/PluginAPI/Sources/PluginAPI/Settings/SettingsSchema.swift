/// All settings that a plugin or the host understands, in the order in which help shows them.
///
/// It is stated once, in a plugin's descriptor, and holds names, kinds, bounds and defaults: ``Settings`` takes them
/// from here, and a name that is not here is an error in the file.
public struct SettingsSchema: Sendable, ExpressibleByArrayLiteral {
    /// The keys in order.
    public let keys: [SettingKey]

    /// No settings at all.
    public static let empty = SettingsSchema([])

    /// Creates a schema.
    public init(_ keys: [SettingKey]) {
        self.keys = keys
    }

    /// Creates a schema.
    public init(arrayLiteral elements: SettingKey...) {
        self.init(elements)
    }

    /// The key of a name.
    public subscript(name: String) -> SettingKey? {
        keys.first { $0.name == name }
    }

    /// Everything that is wrong with settings: unknown keys, wrong kinds, values out of bounds, missing ones.
    ///
    /// - Parameters:
    ///   - node: The settings as written; `nil` when there are none.
    ///   - path: What they are called in errors, such as `plugins[1].settings`.
    ///   - origin: Where missing keys are reported when there is no node.
    /// - Returns: All problems, in the order of the file, missing keys last.
    public func validate(
        _ node: SettingsNode?, path: String = "settings", origin: SettingsOrigin = .default
    ) -> [SettingsError] {
        let present = node.flatMap { $0.isNull ? nil : $0 }
        let node = present ?? SettingsNode(.mapping([]), origin: origin)
        let whole = SettingValue(node: node, path: path, isSecret: false)
        guard let entries = whole.node.entries else { return [whole.unexpected("a mapping")] }
        var found = entries.flatMap { problems(of: $0, path: Settings.join(path, $0.key)) }
        for key in keys where key.isRequired && entries.allSatisfy({ $0.key != key.name || $0.value.isNull }) {
            found.append(.missing(key, origin: whole.node.origin, path: Settings.join(path, key.name)))
        }
        return found
    }

    private func problems(of entry: SettingsEntry, path: String) -> [SettingsError] {
        guard let key = self[entry.key] else {
            let hint = NearestName.hint(for: entry.key, in: keys.map(\.name))
            return [SettingsError(origin: entry.origin, path: path, message: "unknown key\(hint)")]
        }
        if entry.value.isNull { return [] }
        return key.kind.problems(of: SettingValue(node: entry.value, path: path, isSecret: key.isSecret))
    }
}

extension SettingsError {
    static func missing(_ key: SettingKey, origin: SettingsOrigin, path: String) -> SettingsError {
        let wanted = "\(key.kind.summary): \(key.summary)"
        return SettingsError(origin: origin, path: path, message: "required, but not set (\(wanted))")
    }
}
