import PluginAPI
import Testing

@Suite("Settings errors")
struct SettingsErrorTests {
    private func place(_ text: String, line: Int = 12, column: Int = 13) -> SettingsNode {
        let mark = SettingsMark(source: "config/dev.yaml", line: line, column: column)
        return SettingsNode(.scalar(SettingsScalar(text)), origin: .file(mark))
    }

    private func messages(_ node: SettingsNode) -> [String] {
        SettingsReaderTests.schema.validate(node, path: "plugins[1].settings").map(\.description)
    }

    @Test("the place, the path, what was expected and what was there")
    func wrongKind() {
        #expect(
            messages(["pool": place("four")]) == [
                "config/dev.yaml:12:13 plugins[1].settings.pool: expected integer from 1 to 64, got \"four\""
            ])
        let settings = Settings(["pool": place("four")], path: "plugins[1].settings")
        let error = #expect(throws: SettingsError.self) { try settings.int("pool") }
        #expect(error?.description == "config/dev.yaml:12:13 plugins[1].settings.pool: expected integer, got \"four\"")
        #expect(error?.mark?.line == 12)
    }

    @Test(
        "a value of the wrong kind or out of bounds says what would be right",
        arguments: [
            ("pool", "65", "expected integer from 1 to 64, got \"65\""),
            ("pool", "99999999999999999999", "expected integer from 1 to 64, got \"99999999999999999999\""),
            ("timeout", "2m", "expected a duration from 10ms to 1m such as \"30s\", got \"2m\""),
            ("limit", "1", "expected a size from 1kB to 1MB, got \"1\""),
            ("limit", "x", "expected a size from 1kB to 1MB such as \"64kB\", got \"x\""),
            ("strict", "maybe", "expected true or false, got \"maybe\""),
            ("rate", "101", "expected number from 0.0 to 100.0, got \"101\""),
            ("mode", "slow", "expected one of fast, safe, got \"slow\""),
            ("retry", "3", "expected a mapping, got \"3\""),
            ("routes", "3", "expected a list, got \"3\""),
        ])
    func bounds(key: String, text: String, message: String) {
        let node = SettingsNode(dictionaryLiteral: (key, place(text)))
        #expect(messages(node) == ["config/dev.yaml:12:13 plugins[1].settings.\(key): \(message)"])
    }

    @Test("an unknown key is reported at the key, with the nearest known one")
    func unknownKeys() {
        let key = SettingsOrigin.file(SettingsMark(source: "config/x.yaml", line: 9, column: 5))
        let entries = ["pol", "tmieout", "zebra"].map { SettingsEntry($0, place("1"), origin: key) }
        #expect(
            messages(SettingsNode(.mapping(entries), origin: key)) == [
                "config/x.yaml:9:5 plugins[1].settings.pol: unknown key; did you mean \"pool\"?",
                "config/x.yaml:9:5 plugins[1].settings.tmieout: unknown key; did you mean \"timeout\"?",
                "config/x.yaml:9:5 plugins[1].settings.zebra: unknown key",
            ])
    }

    @Test("all problems are found in one go, nested ones with their index")
    func collected() {
        let found = messages([
            "pool": place("x"), "mode": place("y"), "retry": ["attempts": place("11")],
            "routes": [["to": "left"], ["too": place("z")]],
        ])
        #expect(found.count == 5)
        #expect(found[2].contains("plugins[1].settings.retry.attempts: expected integer from 0 to 10"))
        #expect(found[3].contains("plugins[1].settings.routes[1].too: unknown key; did you mean \"to\"?"))
        #expect(found[4].contains("plugins[1].settings.routes[1].to: required, but not set (text: Where to.)"))
    }

    @Test("an environment variable is named in place of a file")
    func environment() {
        let node: SettingsNode = ["pool": SettingsNode(text: "x", origin: .environment("REPLYHQ_POOL"))]
        #expect(messages(node)[0].hasPrefix("environment REPLYHQ_POOL plugins[1].settings.pool: expected integer"))
    }

    @Test("a secret is not shown, whatever is wrong with it")
    func secrets() {
        let schema: SettingsSchema = [.integer("pin_token", in: 0...9, "Named so."), .secret("cookie", "Marked so.")]
        let mark = place("hunter2").origin
        let list = SettingsNode(.sequence([place("hunter2")]), origin: mark)
        let shown = schema.validate(["pin_token": place("hunter2"), "cookie": list]).map(\.description)
        #expect(shown.count == 2)
        #expect(shown.allSatisfy { !$0.contains("hunter2") })
        #expect(shown[0].hasSuffix("got <redacted>"))
    }
}
