import FoundationEssentials
import PluginAPI
import Testing

@testable import HostCore

@Suite("Describing a configuration")
struct DescribeTests {
    static let file = """
        server: {port: 3001}
        plugins:
          - name: Thing
            settings: {url: "redis://a:hunter2@b", cookie: hunter3, list: [x, y], deep: {api_key: hunter4}}

        """
    static let schema: SettingsSchema = [
        .string("url", "Where."), .secret("cookie", "Hidden."), .stringList("list", "Some."),
        .section("deep", [.string("api_key", "Hidden by its name.")], "More."),
        .integer("pool", default: 4, in: 1...9, "Connections."),
    ]

    @Test("every value has its origin")
    func origins() throws {
        let values = try load(Self.file, ["LOG_LEVEL": "debug"]).values(schemas: ["thing": Self.schema])
        let byPath = Dictionary(uniqueKeysWithValues: values.map { ($0.path, "\($0.text) | \($0.origin)") })
        #expect(byPath["server.port"] == "3001 | test.yaml:1:16")
        #expect(byPath["server.idle_timeout"] == "75s | default")
        #expect(byPath["server.max_body_bytes"] == "100kB | default")
        #expect(byPath["log.level"] == "debug | environment LOG_LEVEL")
        #expect(byPath["plugins[0].name"] == "Thing | test.yaml:3:11")
        #expect(byPath["plugins[0].enabled"] == "true | default")
        #expect(byPath["plugins[0].settings.list"] == "x, y | test.yaml:4:67")
        #expect(byPath["plugins[0].settings.pool"] == "4 | default")
        #expect(byPath["plugins[0].settings.url"] == "redis://a:<redacted>@b | test.yaml:4:21")
        #expect(byPath["plugins[0].settings.cookie"] == "<redacted> | test.yaml:4:52")
        #expect(byPath["plugins[0].settings.deep.api_key"]?.hasPrefix("<redacted> | ") == true)
        #expect(byPath["server.tls.min_version"] == nil)
    }

    @Test("text and JSON show the same values, and no secret")
    func forms() throws {
        let loaded = try load(Self.file, ["SENTRY_DSN": "x\"y"])
        let text = loaded.describe(schemas: ["Thing": Self.schema])
        let json = loaded.describeJSON(schemas: ["Thing": Self.schema])
        #expect(!text.contains("hunter") && !json.contains("hunter"))
        #expect(text.contains("warning: environment SENTRY_DSN: accepted, but nothing reports to Sentry"))
        struct Shown: Decodable {
            struct Value: Decodable { var path, value, origin: String }
            struct Notice: Decodable { var severity, message: String }
            var values: [Value]
            var notices: [Notice]
        }
        let shown = try JSONDecoder().decode(Shown.self, from: Data(json.utf8))
        #expect(shown.values.map(\.path) == loaded.values(schemas: ["Thing": Self.schema]).map(\.path))
        #expect(shown.notices.map(\.severity) == ["warning"])
        for value in shown.values { #expect(text.contains(value.path)) }
    }
}
