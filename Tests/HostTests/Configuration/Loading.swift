import PluginAPI
import Testing

@testable import HostCore

/// Loads text as if it were `test.yaml`.
func load(_ text: String, _ environment: [String: String] = [:]) throws -> EffectiveConfiguration {
    try EffectiveConfiguration.load(ConfigurationFile(source: "test.yaml", text: text), environment: environment)
}

/// The lines that loading fails with; none when it does not.
func failures(_ text: String, _ environment: [String: String] = [:]) -> [String] {
    do {
        _ = try load(text, environment)
        return []
    } catch let errors as ConfigurationErrors {
        return errors.errors.map(\.description)
    } catch {
        return ["\(error)"]
    }
}

extension EffectiveConfiguration {
    func plugin(_ name: String) throws -> PluginConfiguration {
        try #require(host.plugins.first { $0.name == name })
    }

    func value(_ path: String) throws -> EffectiveValue {
        try #require(values().first { $0.path == path })
    }
}
