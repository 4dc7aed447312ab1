import PluginAPI

/// One value that is in effect, fit to be printed.
public struct EffectiveValue: Sendable, Hashable {
    /// Which, such as `server.port`.
    public let path: String
    /// The value; secrets as `<redacted>`, passwords in URLs too.
    public let text: String
    /// Where it was stated, with the environment variables that a file's value refers to.
    public let origin: String
}

extension EffectiveConfiguration {
    /// Every value in effect, in the order of the schema, then each plugin's.
    ///
    /// - Parameter schemas: What loaded plugins declare, by the plugin's name; it adds their defaults, and which of
    ///   their values are secret beyond what the names say.
    public func values(schemas: [String: SettingsSchema] = [:]) -> [EffectiveValue] {
        var values = Self.values(of: root, schema: HostSchema.root, path: "")
        for (plugin, node) in zip(host.plugins, root["plugins"]?.items ?? []) {
            let entry = String(plugin.settingsPath.dropLast(".settings".count))
            values += Self.values(of: node, schema: HostSchema.plugin, path: entry)
            if let schema = schemas.first(where: { $0.key.lowercased() == plugin.name.lowercased() })?.value {
                values += Self.values(of: plugin.settings, schema: schema, path: plugin.settingsPath)
            } else if let settings = plugin.settings {
                values += Self.values(undeclared: settings, path: plugin.settingsPath, isSecret: false)
            }
        }
        return values
    }

    private static func values(of node: SettingsNode?, schema: SettingsSchema, path: String) -> [EffectiveValue] {
        schema.keys.flatMap { key -> [EffectiveValue] in
            let path = path.isEmpty ? key.name : "\(path).\(key.name)"
            let value = node?[key.name].flatMap { $0.isNull ? nil : $0 }
            switch key.kind {
            case .any: return []
            case .section(let inner):
                // An absent group with required keys is off, and has no values.
                if value == nil, inner.keys.contains(where: \.isRequired) { return [] }
                return values(of: value, schema: inner, path: path)
            case .sections(let inner):
                guard path != "plugins" else { return [] }
                let items = value?.items ?? []
                return items.enumerated().flatMap { values(of: $1, schema: inner, path: "\(path)[\($0)]") }
            default:
                if let value { return values(undeclared: value, path: path, isSecret: key.isSecret) }
                guard let text = key.defaultText else { return [] }
                return [EffectiveValue(path: path, text: text, origin: "default")]
            }
        }
    }

    private static func values(undeclared node: SettingsNode, path: String, isSecret: Bool) -> [EffectiveValue] {
        switch node.content {
        case .mapping(let entries):
            return entries.flatMap { entry in
                let isSecret = isSecret || Redaction.isSecret(name: entry.key)
                return values(undeclared: entry.value, path: "\(path).\(entry.key)", isSecret: isSecret)
            }
        case .sequence(let items) where items.allSatisfy { $0.scalar != nil }:
            let text = items.map { shown($0.scalar, isSecret) }.joined(separator: ", ")
            return [EffectiveValue(path: path, text: text, origin: node.origin.description)]
        case .sequence(let items):
            return items.enumerated().flatMap { values(undeclared: $1, path: "\(path)[\($0)]", isSecret: isSecret) }
        case .scalar(let scalar):
            let used = scalar.variables.map { "${\($0)}" }.joined(separator: " ")
            let origin = node.origin.description + (used.isEmpty ? "" : " \(used)")
            return [EffectiveValue(path: path, text: shown(scalar, isSecret), origin: origin)]
        }
    }

    private static func shown(_ scalar: SettingsScalar?, _ isSecret: Bool) -> String {
        guard let scalar, !scalar.text.isEmpty else { return "" }
        return isSecret ? Secret.redacted : Redaction.redact(urlsIn: scalar.text)
    }
}
