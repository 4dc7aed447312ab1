import PluginAPI
import Testing

@testable import HostCore

@Suite("The files in config/")
struct ShippedConfigurationTests {
    /// The package's folder, from where this file was compiled.
    private var folder: String {
        let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return parts.dropLast(4).joined(separator: "/") + "/config"
    }

    private func load(_ name: String, _ environment: [String: String] = [:]) throws -> EffectiveConfiguration {
        try EffectiveConfiguration.load(path: "\(folder)/\(name).yaml", environment: environment)
    }

    static let plugins = [
        "SQLite", "Chat", "Presence", "Push", "FCM", "SocketIO", "LegacyWS", "Rest", "Admin", "Metrics",
    ]

    @Test("development listens on this machine only", arguments: ["development", "bench", "echo"])
    func local(name: String) throws {
        let loaded = try load(name)
        #expect(loaded.host.environment == .development)
        #expect(loaded.host.server.host == "127.0.0.1")
        #expect(loaded.host.plugins.allSatisfy { $0.isEnabled && $0.isRequired })
        let listed =
            switch name {
            case "echo": ["SocketIO", "Echo"]
            case "bench": Self.plugins.filter { !["Push", "FCM", "Metrics"].contains($0) }
            default: Self.plugins
            }
        #expect(loaded.host.plugins.map(\.name) == listed)
        #expect(loaded.notices.isEmpty)
    }

    @Test("only development lets a dashboard sign in with an app's key")
    func clientKeyLogin() throws {
        func login(_ loaded: EffectiveConfiguration) throws -> Bool {
            try Settings(loaded.plugin("Admin").settings).bool("client_key_login")
        }
        #expect(try login(load("development")))
        #expect(try login(load("production", ["JWT_SECRET": "s"])) == false)
    }

    @Test("production does not start without its secret, and says where it is missing")
    func production() throws {
        let error = #expect(throws: ConfigurationErrors.self) { try load("production") }
        #expect(error?.errors.count == 1)
        #expect(error?.errors.first?.path == "plugins[9].settings.jwt_secret")
        let loaded = try load("production", ["JWT_SECRET": "hunter2"])
        #expect(loaded.host.environment == .production)
        #expect(loaded.host.server.host == "0.0.0.0")
        #expect(loaded.host.plugins.filter(\.isEnabled).map(\.name) == Self.plugins)
        let admin = Settings(try loaded.plugin("Admin").settings)
        #expect(try admin.secret("jwt_secret").reveal() == "hunter2")
        #expect(try admin.optionalSecret("master_api_key") == nil)
        #expect(!loaded.describe().contains("hunter2"))
    }

    @Test(
        "production believes a proxy on this machine and nobody else: a container's clients may have private addresses")
    func trustedProxies() throws {
        let trusted = try load("production", ["JWT_SECRET": "s"]).host.server.trustedProxies
        #expect(["127.0.0.1", "::1"].allSatisfy { address in trusted.contains { $0.contains(address) } })
        for address in ["10.0.0.1", "172.17.0.1", "192.168.1.1", "100.64.0.1", "fd00::1", "203.0.113.9"] {
            #expect(!trusted.contains { $0.contains(address) }, "\(address)")
        }
    }

    @Test("in production REDIS_URL alone turns Redis on")
    func redis() throws {
        let loaded = try load("production", ["JWT_SECRET": "s", "REDIS_URL": "redis://127.0.0.1:6379"])
        let redis = try loaded.plugin("Redis")
        #expect(redis.isEnabled && redis.isRequired)
        #expect(try Settings(redis.settings).secret("url").reveal() == "redis://127.0.0.1:6379")
    }
}
