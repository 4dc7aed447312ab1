import PluginAPI
import Testing

@testable import HostCore

@Suite("Settings from the environment")
struct EnvironmentTests {
    static let file = """
        server: {port: 3001}
        plugins:
          - {name: SQLite, settings: {path: a.db}}
          - {name: LegacyWS}
          - {name: Admin}

        """

    @Test("REPLYHQ_ goes before the product's own variables, those before the file, the file before the default")
    func precedence() throws {
        #expect(try load("").host.server.port == 3000)
        #expect(try load(Self.file).host.server.port == 3001)
        #expect(try load(Self.file, ["PORT": "3002"]).host.server.port == 3002)
        let all = try load(Self.file, ["PORT": "3002", "REPLYHQ_SERVER__PORT": "3003"])
        #expect(all.host.server.port == 3003)
        #expect(try all.value("server.port").origin == "environment REPLYHQ_SERVER__PORT")
        #expect(try load(Self.file, ["REPLYHQ_SERVER__PORT": ""]).host.server.port == 3000)
        #expect(try load(Self.file, ["PORT": ""]).host.server.port == 3001)
    }

    @Test("a plugin is found by its name in any case")
    func plugins() throws {
        let loaded = try load(
            Self.file,
            [
                "REPLYHQ_PLUGINS__LEGACYWS__ENABLED": "false", "REPLYHQ_PLUGINS__SQLITE__SETTINGS__PATH": "b.db",
                "REPLYHQ_PLUGINS__SQLITE__SETTINGS__TUNING__READERS": "2", "REPLYHQ_PLUGINS__ADMIN__REQUIRED": "no",
            ])
        #expect(try loaded.plugin("LegacyWS").isEnabled == false)
        #expect(try loaded.plugin("Admin").isRequired == false)
        let settings = Settings(try loaded.plugin("SQLite").settings)
        #expect(try settings.string("path") == "b.db")
        #expect(try settings.section("tuning").int("readers") == 2)
        #expect(settings.origin(of: "path") == .environment("REPLYHQ_PLUGINS__SQLITE__SETTINGS__PATH"))
    }

    @Test("ENABLED=true adds a plugin that is not listed; ENABLED=false of one only says so")
    func unlisted() throws {
        let added = try load(
            Self.file, ["REPLYHQ_PLUGINS__Echo__ENABLED": "true", "REPLYHQ_PLUGINS__ECHO__SETTINGS__A": "1"])
        #expect(added.host.plugins.map(\.name) == ["SQLite", "LegacyWS", "Admin", "Echo"])
        #expect(try Settings(added.plugin("Echo").settings).int("a") == 1)
        let off = try load("", ["REPLYHQ_PLUGINS__ECHO__ENABLED": "false"])
        #expect(off.host.plugins.isEmpty)
        #expect(off.notices.map(\.severity) == [.warning])
    }

    @Test("lists are written with commas")
    func lists() throws {
        let host = try load(
            "", ["REPLYHQ_SERVER__TRUSTED_PROXIES": "10.0.0.0/8, ::1", "REPLYHQ_PLUGIN_DIRECTORIES": "/a,/b"]
        ).host
        #expect(host.server.trustedProxies.map(\.description) == ["10.0.0.0/8", "::1"])
        #expect(host.pluginDirectories == ["/a", "/b"])
    }

    @Test(
        "a variable that sets nothing is an error with the nearest one",
        arguments: [
            ("REPLYHQ_SERVER__PROT", "unknown key; did you mean \"REPLYHQ_SERVER__PORT\"?"),
            ("REPLYHQ_SERVER_PORT", "unknown key; did you mean \"REPLYHQ_SERVER__PORT\"?"),
            ("REPLYHQ_NONSENSE", "unknown key"),
            ("REPLYHQ_", "unknown key"),
            ("REPLYHQ_PLUGINS__SQLITE", "unknown key"),
            ("REPLYHQ_PLUGINS__SQLITE__SETTINGS", "unknown key"),
            ("REPLYHQ_PLUGINS__SQLITE__ENABLE", "unknown key; did you mean \"REPLYHQ_PLUGINS__SQLITE__ENABLED\"?"),
            (
                "REPLYHQ_PLUGINS__SQLITE__SETINGS__PATH",
                "unknown key; did you mean \"REPLYHQ_PLUGINS__SQLITE__SETTINGS__PATH\"?"
            ),
            ("REPLYHQ_PLUGINS__SQLTE__REQUIRED", "no plugin \"SQLTE\" is listed; did you mean \"SQLite\"?"),
        ])
    func unknown(name: String, message: String) {
        let found = failures(Self.file, [name: "1"])
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("environment \(name): \(message)") == true, "\(found)")
    }

    @Test("reserved and foreign variables are left alone")
    func reserved() throws {
        _ = try load("", ["REPLYHQ_CONFIG": "x", "REPLYHQ_TEST_REDIS": "y", "HOME": "/", "STRIPE_SECRET_KEY": "z"])
    }

    @Test("an error names the variable")
    func origin() {
        #expect(
            failures("", ["PORT": "http"]) == [
                "environment PORT server.port: expected integer from 0 to 65535, got \"http\""
            ])
    }
}
