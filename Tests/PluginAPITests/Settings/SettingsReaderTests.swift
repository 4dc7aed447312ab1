import PluginAPI
import Testing

@Suite("Settings")
struct SettingsReaderTests {
    enum Mode: String, CaseIterable { case fast, safe }

    static let schema: SettingsSchema = [
        .string("path", default: "app.db", "The file."),
        .integer("pool", default: 4, in: 1...64, "Connections."),
        .duration("timeout", default: .seconds(5), in: .milliseconds(10) ... .seconds(60), "How long."),
        .byteCount("limit", default: 65_536, in: 1024...1_048_576, "How much."),
        .boolean("strict", default: false, "Whether."),
        .number("rate", default: 2.5, in: 0...100, "How often."),
        .choice("mode", of: Mode.self, default: .safe, "Which."),
        .stringList("hosts", default: ["a", "b"], "Where."),
        .secret("cookie", "Hidden."),
        .string("url", "Optional."),
        .section("retry", [.integer("attempts", default: 3, in: 0...10, "How often.")], "Again."),
        .sections("routes", [.string("to", required: true, "Where to.")], "Ways."),
    ]

    @Test("what is not stated has the schema's default")
    func defaults() throws {
        let settings = Settings(nil, schema: Self.schema)
        #expect(try settings.string("path") == "app.db")
        #expect(try settings.int("pool") == 4)
        #expect(try settings.duration("timeout") == .seconds(5))
        #expect(try settings.byteCount("limit") == 65_536)
        #expect(try settings.bool("strict") == false)
        #expect(try settings.number("rate") == 2.5)
        #expect(try settings.enumeration("mode", as: Mode.self) == .safe)
        #expect(try settings.stringList("hosts") == ["a", "b"])
        #expect(try settings.optionalSecret("cookie") == nil)
        #expect(try settings.optionalString("url") == nil)
        #expect(try settings.section("retry").int("attempts") == 3)
        #expect(try settings.optionalSection("retry") == nil)
        #expect(try settings.sections("routes").isEmpty)
        #expect(settings.origin(of: "pool") == .default)
    }

    @Test("what is stated is read by its type")
    func stated() throws {
        let node: SettingsNode = [
            "pool": "8", "timeout": "1s500ms", "limit": "128kB", "strict": "yes", "rate": "0.5", "mode": "fast",
            "hosts": ["x", "y"], "cookie": "c", "retry": ["attempts": 7], "routes": [["to": "left"], ["to": "right"]],
        ]
        let settings = Settings(node, schema: Self.schema)
        #expect(try settings.int("pool") == 8)
        #expect(try settings.duration("timeout") == .milliseconds(1500))
        #expect(try settings.byteCount("limit") == 131_072)
        #expect(try settings.bool("strict"))
        #expect(try settings.number("rate") == 0.5)
        #expect(try settings.enumeration("mode", as: Mode.self) == .fast)
        #expect(try settings.stringList("hosts") == ["x", "y"])
        #expect(try settings.secret("cookie").reveal() == "c")
        #expect(try settings.section("retry").int("attempts") == 7)
        #expect(try settings.sections("routes").map { try $0.string("to") } == ["left", "right"])
        #expect(Self.schema.validate(node).isEmpty)
    }

    @Test("a default at the call goes before the schema's, a stated value before both")
    func precedence() throws {
        #expect(try Settings(nil, schema: Self.schema).int("pool", default: 9) == 9)
        #expect(try Settings(["pool": 5], schema: Self.schema).int("pool", default: 9) == 5)
    }

    @Test("`key:`, `~` and `null` state nothing; quoted they are text")
    func null() throws {
        for text in ["", "~", "null"] {
            let plain = SettingsNode(.scalar(SettingsScalar(text)), origin: .default)
            let quoted = SettingsNode(.scalar(SettingsScalar(text, isQuoted: true)), origin: .default)
            #expect(try Settings(["path": plain], schema: Self.schema).string("path") == "app.db")
            #expect(try Settings(["path": quoted], schema: Self.schema).string("path") == text)
        }
    }

    @Test("a key that the schema does not declare cannot be read")
    func undeclared() {
        #expect(throws: SettingsError.self) { try Settings(nil, schema: Self.schema).int("size") }
        #expect(throws: SettingsError.self) { try Settings.empty.int("size") }
        #expect(throws: Never.self) { try Settings.empty.int("size", default: 1) }
    }

    @Test(
        "durations",
        arguments: [
            ("30", 30_000), ("1.5", 1500), ("250ms", 250), ("1m30s", 90_000), ("2h", 7_200_000), ("7d", 604_800_000),
            ("0s", 0), ("10 s", 10_000),
        ])
    func durations(text: String, milliseconds: Int) throws {
        let settings = Settings(["t": SettingsNode(stringLiteral: text)])
        #expect(try settings.duration("t") == .milliseconds(milliseconds))
    }

    @Test(
        "texts that are no duration",
        arguments: ["", "s", "-1s", "1x", "1m30", "1.2.3s", "nan", "1e3", "99999999999999999999d", "५s", "1s "])
    func notDurations(text: String) {
        #expect(throws: SettingsError.self) { try Settings(["t": SettingsNode(stringLiteral: text)]).duration("t") }
    }

    @Test(
        "sizes",
        arguments: [
            ("100", 100), ("16kB", 16_384), ("16KB", 16_384), ("1MiB", 1_048_576), ("0.5kB", 512), ("2GB", 2 << 30),
        ])
    func sizes(text: String, bytes: Int) throws {
        #expect(try Settings(["s": SettingsNode(stringLiteral: text)]).byteCount("s") == bytes)
    }

    @Test("texts that are no size", arguments: ["", "kB", "-1", "1TB", "1kB2", "999999999999999999999"])
    func notSizes(text: String) {
        #expect(throws: SettingsError.self) { try Settings(["s": SettingsNode(stringLiteral: text)]).byteCount("s") }
    }
}
