import PluginAPI

/// One entry of the list of plugins.
public struct PluginConfiguration: Sendable {
    /// The plugin's name: stated, or that of its file without `lib` and `.so`.
    public let name: String
    /// The plugin's file, when the entry names one instead of leaving it to the plugin directories.
    public let path: String?
    /// Whether it is loaded at all.
    public let isEnabled: Bool
    /// Whether the process refuses to start without it.
    public let isRequired: Bool
    /// Its own settings as written; what they mean is known once the plugin is loaded.
    public let settings: SettingsNode?
    /// Where the entry was written.
    public let origin: SettingsOrigin
    /// What its settings are called in errors: `plugins[1].settings`.
    public let settingsPath: String
    /// What its settings name and the environment lacks.
    var unresolved: [SettingsError] = []

    init(_ entry: Settings) throws(SettingsError) {
        guard let node = entry.node, let name = node.pluginName else {
            let origin = entry.node?.origin ?? .default
            throw SettingsError(origin: origin, path: entry.path, message: "a plugin needs a name or a path")
        }
        self.name = name
        path = try entry.optionalString("path")
        isEnabled = try entry.bool("enabled")
        isRequired = try entry.bool("required")
        settings = node["settings"].flatMap { $0.isNull ? nil : $0 }
        origin = node.origin
        settingsPath = "\(entry.path).settings"
    }

    /// Everything that is wrong with the settings, now that the plugin has declared what it understands.
    public func validate(_ schema: SettingsSchema) -> [SettingsError] {
        schema.validate(settings, path: settingsPath, origin: origin)
    }

    /// What the plugin gets to read.
    ///
    /// - Throws: ``ConfigurationErrors`` with everything that ``validate(_:)`` found.
    public func resolve(_ schema: SettingsSchema) throws(ConfigurationErrors) -> Settings {
        let errors = unresolved + validate(schema)
        guard errors.isEmpty else { throw ConfigurationErrors(errors) }
        // A plugin without any settings still has a place where a missing one is reported: its entry in the file.
        let node = settings ?? SettingsNode(.mapping([]), origin: origin)
        return Settings(node, schema: schema, path: settingsPath)
    }
}

extension PluginConfiguration {
    /// Everything that is wrong with the list as a whole: entries without a name, names listed twice.
    static func problems(of root: SettingsNode) -> [SettingsError] {
        var first: [String: SettingsOrigin] = [:]
        var problems: [SettingsError] = []
        for (index, entry) in (root["plugins"]?.items ?? []).enumerated() where entry.entries != nil {
            let path = "plugins[\(index)]"
            guard let name = entry.pluginName else {
                problems.append(.init(origin: entry.origin, path: path, message: "a plugin needs a name or a path"))
                continue
            }
            guard let earlier = first[name.lowercased()] else {
                first[name.lowercased()] = entry.origin
                continue
            }
            let message = "plugin \"\(name)\" is listed twice; first at \(earlier)"
            problems.append(.init(origin: entry.origin, path: path, message: message))
        }
        return problems
    }
}
