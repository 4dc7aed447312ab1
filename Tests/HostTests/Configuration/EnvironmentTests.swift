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

    @Test("variables of services beside this process are passed over, with one notice")
    func services() throws {
        let address = "tcp://10.96.0.12:3000"
        let variables = [
            "REPLYHQ_SERVICE_HOST": "10.96.0.12", "REPLYHQ_SERVICE_PORT": "3000", "REPLYHQ_SERVICE_PORT_HTTP": "3000",
            "REPLYHQ_PORT": address, "REPLYHQ_PORT_3000_TCP": address, "REPLYHQ_PORT_3000_TCP_PROTO": "tcp",
            "REPLYHQ_PORT_3000_TCP_PORT": "3000", "REPLYHQ_PORT_3000_TCP_ADDR": "10.96.0.12",
            "REPLYHQ_PORT_53_UDP": "udp://10.96.0.12:53", "REPLYHQ_REDIS_SERVICE_HOST": "10.96.0.13",
            "REPLYHQ_REDIS_MASTER_SERVICE_PORT_TCP_REDIS": "6379", "REPLYHQ_POSTGRES_PORT": "tcp://10.96.0.14:5432",
            "REPLYHQ_TEST2_PORT_6379_TCP_PORT": "6379", "REPLYHQ_NAME": "/web/replyhq",
            "REPLYHQ_ENV_NODE_VERSION": "22",
            "REPLYHQ_DB_1_ENV_POSTGRES__PASSWORD": "hunter2", "REPLYHQ_DB_1_NAME": "/web/db",
            "REPLYHQ_DB_1_PORT_5432_TCP_START": "tcp://172.17.0.2:5432", "REPLYHQ_SERVER_SERVICE_PORT": "1",
        ]
        let loaded = try load(Self.file, variables)
        #expect(loaded.host.server.port == 3001)
        #expect(loaded.notices.map(\.severity) == [.info])
        #expect(variables.keys.allSatisfy { loaded.notices.first?.message.contains($0) == true })
        #expect(loaded.notices.first?.message.contains("hunter2") == false)
    }

    @Test(
        "what only looks like one of them is still an error",
        arguments: [
            ("REPLYHQ_PORT", "4000"), ("REPLYHQ_SERVER__PORT_3000", "1"), ("REPLYHQ_PORT_HTTP", "1"),
            ("REPLYHQ_NAME", "replyhq"), ("REPLYHQ_SERVER__NAME", "/x"), ("REPLYHQ_SERVER__ENV_X", "1"),
            ("REPLYHQ_PLUGINS__ADMIN__SERVICE_HOST", "1"), ("REPLYHQ_SERVICE", "1"),
        ])
    func lookalikes(name: String, value: String) {
        #expect(failures(Self.file, [name: value]).count == 1)
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
