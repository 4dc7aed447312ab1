import PluginAPI

/// Edits the file of a configuration.
public struct ConfigurationEditor: Sendable {
    let configuration: EffectiveConfiguration
    let variables: [String: String]

    public init(
        _ configuration: EffectiveConfiguration, variables: [String: String] = ProcessEnvironment.variables
    ) {
        self.configuration = configuration
        self.variables = variables
    }

    /// Turns a listed plugin on or off in the file. What comes out is checked before it takes the file's place: as the
    /// start would, up to making every plugin.
    ///
    /// - Throws: ``CommandFailure``, ``ConfigurationErrors``, ``SettingsError`` or ``PluginRosterError``; the file is then
    ///   as it was.
    public func setEnabled(_ isEnabled: Bool, plugin: String) async throws -> ConfigurationChange {
        guard let path = configuration.path else {
            throw CommandFailure.unusable("there is no configuration file to edit")
        }
        let file = try ConfigurationFile(path: path)
        let edited = try PluginSwitch(file: file, plugin: plugin, isEnabled: isEnabled).edited()
        let next = try EffectiveConfiguration.load(edited ?? file, environment: variables)
        let caveat = Self.caveat(next, plugin, isEnabled)
        guard let edited else { return ConfigurationChange(path: path, isChanged: false, caveat: caveat) }
        try await Self.check(next)
        try FileReplacement(path: path).write(edited.text, inPlaceOf: file.text)
        return ConfigurationChange(path: path, isChanged: true, caveat: caveat)
    }

    private static func check(_ configuration: EffectiveConfiguration) async throws {
        HostLogging.quiet()
        let assembly = Assembly(configuration, eventLoopCount: 1)
        let result = Result(catching: { try assembly.roster() })
        await assembly.shutDown()
        _ = try result.get()
    }

    /// What the file says may not be what holds.
    private static func caveat(_ next: EffectiveConfiguration, _ plugin: String, _ isEnabled: Bool) -> String? {
        let name = plugin.lowercased()
        guard let entry = next.host.plugins.first(where: { $0.name.lowercased() == name }) else {
            return "another plugin is put in the place of \(plugin) by the environment"
        }
        guard entry.isEnabled != isEnabled else { return nil }
        let stated = next.root["plugins"]?.items?.first { $0.pluginName?.lowercased() == name }?["enabled"]
        let place = stated.map { "\($0.origin)" } ?? "something else"
        return "\(place) decides whether \(entry.name) is enabled, whatever the file says"
    }
}
