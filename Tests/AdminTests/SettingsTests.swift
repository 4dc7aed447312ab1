import PluginAPI
import Testing

@testable import AdminPlugin

@Suite("Settings")
struct SettingsTests {
    private func read(_ node: SettingsNode, _ environment: HostEnvironment = .production) throws -> AdminSettings {
        try AdminSettings(Settings(node, schema: AdminSettings.schema), environment: environment)
    }

    @Test("without a secret there are no tokens, and the operator is told")
    func noSecret() throws {
        let settings = try read([:])
        #expect(settings.tokenSecret == nil)
        #expect(settings.masterKey == nil)
        #expect(!settings.acceptsClientKeys)
        #expect(settings.warnings.count == 1)
    }

    @Test("a short secret is refused in production and warned of in development")
    func shortSecret() throws {
        let short: SettingsNode = ["jwt_secret": "0123456789abcdef0123456789abcde"]
        let error = try #require(throws: SettingsError.self) { try read(short) }
        #expect(!error.description.contains("0123456789abcdef"))
        #expect(try read(short, .development).warnings.count == 1)
        #expect(try read(["jwt_secret": "0123456789abcdef0123456789abcdef"]).warnings.isEmpty)
    }

    @Test("the client key as a login is warned of")
    func clientKeys() throws {
        let settings = try read(["client_key_login": true, "jwt_secret": "0123456789abcdef0123456789abcdef"])
        #expect(settings.acceptsClientKeys)
        #expect(settings.warnings.count == 1)
    }

    @Test("the base URL is one")
    func baseURL() throws {
        #expect(throws: SettingsError.self) { try read(["base_url": "chat.example.org"]) }
        #expect(try read(["base_url": "https://chat.example.org"]).baseURL == "https://chat.example.org")
    }
}
