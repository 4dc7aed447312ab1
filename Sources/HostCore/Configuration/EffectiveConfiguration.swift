import PluginAPI

/// A configuration after everything was laid over it, and where each value came from.
public struct EffectiveConfiguration: Sendable {
    /// The file that it was read from; nil: everything comes from the environment and the defaults.
    public let path: String?
    /// The host's part, typed.
    public let host: HostConfiguration
    /// All values as stated; defaults are not in it.
    public let root: SettingsNode
    /// What is worth a line in the log.
    public let notices: [ConfigurationNotice]

    /// Loads a configuration. Precedence: `REPLYHQ_…` over the product's own variables over the file over defaults.
    ///
    /// - Parameters:
    ///   - path: The file; `nil` takes everything from the environment and the defaults.
    ///   - environment: The process's environment.
    ///   - needsAllPlugins: If not, what the settings of a plugin name and the environment lacks is an error only when
    ///     that plugin is made.
    /// - Throws: ``ConfigurationErrors`` with every problem that could be found.
    public static func load(
        path: String?, environment: [String: String], needsAllPlugins: Bool = true
    ) throws(ConfigurationErrors) -> EffectiveConfiguration {
        guard let path else {
            return try settle(SettingsNode(.mapping([]), origin: .default), path: nil, environment, needsAllPlugins)
        }
        let file: ConfigurationFile
        do {
            file = try ConfigurationFile(path: path)
        } catch {
            throw ConfigurationErrors([error])
        }
        return try load(file, environment: environment, needsAllPlugins: needsAllPlugins)
    }

    /// Loads a configuration from text, as ``load(path:environment:)`` does from a file.
    public static func load(
        _ file: ConfigurationFile, environment: [String: String], needsAllPlugins: Bool = true
    ) throws(ConfigurationErrors) -> EffectiveConfiguration {
        let root: SettingsNode
        do {
            root = try file.parse()
        } catch {
            throw ConfigurationErrors([error])
        }
        return try settle(root, path: file.source, environment, needsAllPlugins)
    }

    private static func settle(
        _ file: SettingsNode, path: String?, _ environment: [String: String], _ needsAllPlugins: Bool
    ) throws(ConfigurationErrors) -> EffectiveConfiguration {
        var seed = SeedVariables(root: file)
        seed.apply(environment)
        var overlay = EnvironmentOverlay(root: seed.root)
        overlay.apply(environment)
        var interpolation = Interpolation(environment: environment)
        let root = interpolation.resolve(root: overlay.root)
        let settings = Settings(root, schema: HostSchema.root, path: "")
        let ofPlugins = needsAllPlugins ? [] : interpolation.errors.filter { $0.path.hasPrefix("plugins[") }
        let ofHost = interpolation.errors.filter { !ofPlugins.contains($0) }
        let read = seed.errors + overlay.errors + ofHost
        let found =
            read + HostSchema.root.validate(root, path: "") + PluginConfiguration.problems(of: root)
            + ShutdownConfiguration.problems(of: settings)
        let host: HostConfiguration
        do {
            host = try HostConfiguration(settings).deferring(ofPlugins)
        } catch {
            throw ConfigurationErrors(found + [error])
        }
        guard found.isEmpty else { throw ConfigurationErrors(found) }
        return EffectiveConfiguration(
            path: path, host: host, root: root, notices: seed.notices + overlay.notices)
    }
}

extension Interpolation {
    /// The whole file, plugins by their own rule.
    mutating func resolve(root: SettingsNode) -> SettingsNode {
        guard let entries = root.entries else { return root }
        var root = root
        root.content = .mapping(
            entries.map { entry in
                var entry = entry
                if entry.key == "plugins", let items = entry.value.items {
                    let resolved = items.enumerated().map { resolve(plugin: $1, path: "plugins[\($0)]") }
                    entry.value.content = .sequence(resolved)
                } else {
                    entry.value = resolve(entry.value, path: entry.key)
                }
                return entry
            })
        return root
    }
}
