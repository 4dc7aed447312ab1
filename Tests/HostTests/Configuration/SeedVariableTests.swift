import PluginAPI
import Testing

@testable import HostCore

@Suite("The product's own variables")
struct SeedVariableTests {
    static let file = """
        plugins:
          - {name: SQLite, settings: {path: a.db}}
          - {name: Admin, settings: {base_url: "http://x"}}

        """
    static let all = file + "  - {name: Postgres, enabled: false}\n  - {name: Redis, enabled: false}\n  - {name: FCM}\n"

    @Test(
        "LOG_LEVEL takes the names of other loggers too",
        arguments: [
            ("debug", LogLevel.debug), ("WARN", .warning), ("silly", .trace), ("http", .info), ("verbose", .debug),
        ])
    func level(text: String, level: LogLevel) throws {
        #expect(try load("", ["LOG_LEVEL": text]).host.log.level == level)
    }

    @Test(
        "NODE_ENV",
        arguments: [
            ("development", HostEnvironment.development, 0), ("test", .development, 0),
            ("production", .production, 0), ("staging", .production, 1),
        ])
    func mode(text: String, environment: HostEnvironment, warnings: Int) throws {
        let loaded = try load("", ["NODE_ENV": text])
        #expect(loaded.host.environment == environment)
        #expect(loaded.notices.count == warnings)
    }

    @Test("ALLOWED_ORIGINS is a comma list; a trailing slash is forgiven")
    func origins() throws {
        let environment = ["ALLOWED_ORIGINS": " https://A.example/ ,https://b.example:8443"]
        let origins = try load("", environment).host.server.corsOrigins
        #expect(origins == .only(["https://a.example", "https://b.example:8443"]))
        #expect(try load("", ["ALLOWED_ORIGINS": "*"]).host.server.corsOrigins == .any)
    }

    @Test("secrets reach the Admin plugin, keep their origin and are not shown")
    func admin() throws {
        let loaded = try load(
            Self.file, ["MASTER_API_KEY": "hunter2", "JWT_SECRET": "hunter3", "BASE_URL": "https://y"])
        let settings = Settings(try loaded.plugin("Admin").settings)
        #expect(try settings.secret("master_api_key").reveal() == "hunter2")
        #expect(try settings.secret("jwt_secret").reveal() == "hunter3")
        #expect(try settings.string("base_url") == "https://y")
        #expect(settings.origin(of: "base_url") == .environment("BASE_URL"))
        let notice = "environment BASE_URL sets plugins[1].settings.base_url in place of test.yaml:3:40"
        #expect(loaded.notices.map(\.message) == [notice])
        #expect(!loaded.describe().contains("hunter"))
        #expect(!loaded.describeJSON().contains("hunter"))
    }

    @Test("a value for a plugin that is not listed is a warning")
    func unused() throws {
        for name in ["MASTER_API_KEY", "JWT_SECRET", "BASE_URL", "SENTRY_DSN"] {
            let notices = try load("", [name: "postgres://x/hunter2"]).notices
            #expect(notices.map(\.severity) == [.warning], "\(name)")
            #expect(notices.allSatisfy { !$0.message.contains("hunter2") })
        }
    }

    @Test("a variable that names a part of the product lists its plugins, which nothing else did")
    func unlisted() throws {
        let redis = try load(Self.file, ["REDIS_URL": "redis://x:hunter2@cache"])
        #expect(redis.host.plugins.map(\.name) == ["SQLite", "Admin", "Redis"])
        #expect(try redis.plugin("Redis").isEnabled && redis.plugin("Redis").isRequired)
        #expect(try Settings(redis.plugin("Redis").settings).string("url") == "redis://x:hunter2@cache")
        #expect(redis.notices.map(\.message) == ["environment REDIS_URL adds plugin Redis"])
        #expect(!redis.describe().contains("hunter2"))
        let firebase = try load(Self.file, ["FIREBASE_SERVICE_ACCOUNT_JSON": "/a.json"])
        #expect(firebase.host.plugins.map(\.name) == ["SQLite", "Admin", "FCM", "Push"])
        #expect(try Settings(firebase.plugin("FCM").settings).secret("service_account").reveal() == "/a.json")
        let disabled = try load(
            "plugins: [{name: Push, enabled: false}]", ["FIREBASE_SERVICE_ACCOUNT_JSON": "/a.json"])
        #expect(try !disabled.plugin("Push").isEnabled)
        #expect(disabled.notices.map(\.severity) == [.info, .warning])
        for url in ["postgres://db/chat", "b.db"] {
            let name = url == "b.db" ? "SQLite" : "Postgres"
            #expect(try load("", ["DATABASE_URL": url]).host.plugins.map(\.name) == [name])
        }
    }

    @Test("DATABASE_URL of SQLite takes the place of PostgreSQL")
    func back() throws {
        let only = try load("plugins: [{name: Postgres, settings: {url: x}}]", ["DATABASE_URL": "sqlite:b.db"])
        #expect(only.host.plugins.map(\.name) == ["SQLite"])
        #expect(try only.plugin("SQLite").settings?.entries?.map(\.key) == ["path"])
        let both = try load(
            "plugins: [{name: SQLite, enabled: false}, {name: Postgres}]", ["DATABASE_URL": "sqlite:b.db"])
        #expect(try both.plugin("SQLite").isEnabled)
        #expect(try both.plugin("Postgres").isEnabled == false)
    }

    @Test("no account for pushes is no plugin", arguments: ["", "disabled", "False"])
    func noFirebase(off: String) throws {
        #expect(try load("", ["FIREBASE_SERVICE_ACCOUNT_JSON": off]).host.plugins.isEmpty)
    }

    @Test(
        "DATABASE_URL of SQLite",
        arguments: [
            ("sqlite:b.db", "b.db"), ("sqlite:///var/b.db", "/var/b.db"), ("sqlite://./b.db", "./b.db"),
            ("file:./b.db?mode=rw", "./b.db"), ("SQLite:/b.db", "/b.db"), ("b.db", "b.db"), ("/x/b?.db", "/x/b?.db"),
            ("sqlite::memory:", ":memory:"),
        ])
    func sqlite(url: String, path: String) throws {
        let settings = Settings(try load(Self.file, ["DATABASE_URL": url]).plugin("SQLite").settings)
        #expect(try settings.string("path") == path)
    }

    @Test("DATABASE_URL of PostgreSQL turns SQLite off where both are listed, and puts Postgres in its place where not")
    func postgres() throws {
        let url = "postgres://app:hunter2@db/chat"
        let loaded = try load(Self.all, ["DATABASE_URL": url])
        #expect(try loaded.plugin("Postgres").isEnabled)
        #expect(try loaded.plugin("SQLite").isEnabled == false)
        #expect(try Settings(loaded.plugin("Postgres").settings).string("url") == url)
        #expect(!loaded.describe().contains("hunter2"))
        let replaced = try load(Self.file, ["DATABASE_URL": url])
        #expect(!replaced.host.plugins.contains { $0.name == "SQLite" })
        let postgres = try replaced.plugin("Postgres")
        #expect(postgres.isEnabled && postgres.settings?.entries?.map(\.key) == ["url"])
        #expect(try Settings(postgres.settings).string("url") == url)
        #expect(replaced.notices.contains { $0.message.contains("puts plugin Postgres in place of SQLite at ") })
        #expect(!replaced.describe().contains("hunter2"))
        let foreign = failures(Self.file, ["DATABASE_URL": "mysql://app:hunter2@db"])
        #expect(foreign.count == 1)
        #expect(foreign.first?.hasSuffix("or a file's path, got \"mysql://app:<redacted>@db\"") == true)
    }

    @Test("REDIS_URL turns Redis on, or off when it is empty, disabled or false", arguments: ["", "disabled", "False"])
    func redis(off: String) throws {
        let on = try load(Self.all, ["REDIS_URL": "redis://cache"]).plugin("Redis")
        #expect(on.isEnabled)
        #expect(try Settings(on.settings).string("url") == "redis://cache")
        let listed = "plugins: [{name: Redis, settings: {url: \"redis://x\"}}]"
        #expect(try load(listed).plugin("Redis").isEnabled)
        #expect(try load(listed, ["REDIS_URL": off]).plugin("Redis").isEnabled == false)
        #expect(try load("", ["REDIS_URL": off]).notices.isEmpty)
        let mandatory = "plugins: [{name: Redis, required: true}]"
        #expect(
            failures(mandatory, ["REDIS_URL": off]) == [
                "environment REDIS_URL: turns Redis off, but test.yaml:1:35 says that it is required"
            ])
    }

    @Test("FIREBASE_SERVICE_ACCOUNT_JSON reaches the FCM plugin and is not shown")
    func firebase() throws {
        let loaded = try load(Self.all, ["FIREBASE_SERVICE_ACCOUNT_JSON": "{\"private_key\":\"hunter2\"}"])
        #expect(try Settings(loaded.plugin("FCM").settings).secret("service_account").reveal().contains("hunter2"))
        #expect(!loaded.describe().contains("hunter2"))
    }
}
