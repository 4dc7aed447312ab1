import PluginAPI
import Testing

@testable import HostCore

@Suite("Configuration files")
struct ConfigurationFileTests {
    @Test("JSON is YAML, and an empty file is no settings")
    func json() throws {
        #expect(try load(#"{"server": {"port": 4000, "cors_origins": ["*"]}}"#).host.server.port == 4000)
        #expect(try load("").host.server.port == 3000)
        #expect(try load("# nothing\n---\n").host.server.port == 3000)
    }

    @Test("a syntax error shows its place and the line with a caret")
    func syntax() throws {
        let found = failures("server:\n  port: [1, 2\nlog: {}\n")
        #expect(found.count == 1)
        #expect(found[0].hasPrefix("test.yaml:3:"))
        #expect(found[0].contains("\n    log: {}\n    "))
        #expect(found[0].hasSuffix("^"))
    }

    @Test("a syntax error on a secret's line does not show the line")
    func secretSyntax() {
        let found = failures("plugins:\n  - settings: {jwt_secret: 'hunter2' 'x'}\n")
        #expect(found.count == 1)
        #expect(!found[0].contains("hunter2"))
    }

    @Test(
        "what is no configuration is refused with its place",
        arguments: [
            ("a: 1\nb: 2\na: 3\n", "test.yaml:1:1: duplicate key \"a\": stated more than once in this mapping"),
            ("- a\n- b\n", "test.yaml:1:1: expected a mapping of settings at the top"),
            ("text", "test.yaml:1:1: expected a mapping of settings at the top"),
            ("server: *none\n", "test.yaml:1:9: found undefined alias\n    server: *none\n            ^"),
            ("a: 1\n--- \nb: 2\n", "test.yaml:2:1: expected a single document in the stream"),
            ("[a, b]: 1\n", "test.yaml:1:1: expected a plain name as the key"),
            ("x: &a 1\n? [*a]\n: 2\n", "test.yaml:2:1: only plain names can be keys in a file with anchors"),
            ("x: &a 1\n{*a : 2}\n", "test.yaml:2:2: only plain names can be keys in a file with anchors"),
            ("a: \u{1}\n", "test.yaml:1:4: control characters are not allowed"),
        ])
    func refused(text: String, message: String) {
        let found = failures(text)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix(message) == true, "\(found)")
    }

    @Test("aliases and merges are expanded")
    func aliases() throws {
        let node = try ConfigurationFile(
            source: "test.yaml", text: "base: &b {x: 1, y: 2}\nmore:\n  <<: *b\n  y: 3\nurl: ${A}:${B}\nagain: *b\n"
        ).parse()
        #expect(node["more"]?["x"]?.scalar?.text == "1")
        #expect(node["more"]?["y"]?.scalar?.text == "3")
        #expect(node["again"]?["y"]?.scalar?.text == "2")
    }

    @Test("aliases of aliases end at a limit, not in the machine's memory")
    func laughs() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            text += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", "))]\n"
        }
        let found = failures(text)
        #expect(found.count == 1)
        #expect(found.first?.contains("more than 100000 values") == true)
    }

    @Test("deep nesting is refused, far below what the stack could bear", arguments: [65, 900, 100_000])
    func deep(depth: Int) {
        let found = failures("a: " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth))
        #expect(found.count == 1)
    }

    @Test("a missing file, a folder and a file that is too large are one line each")
    func unreadable() throws {
        func message(_ path: String) -> String? {
            do throws(SettingsError) {
                _ = try ConfigurationFile(path: path)
                return nil
            } catch {
                return error.description
            }
        }
        let missing = "cannot read configuration file \"/nowhere/x.yaml\": No such file or directory"
        #expect(message("/nowhere/x.yaml") == missing)
        #expect(message("/") == "cannot read configuration file \"/\": not a regular file")
        #expect(message("/dev/zero") == "cannot read configuration file \"/dev/zero\": not a regular file")
        #expect(message("/proc/self/exe")?.contains("larger than 1048576 bytes") == true)
    }

    @Test("no text stops the process, however it is cut")
    func cut() throws {
        let whole = "server: {port: 1, x: &a [1, *a], \"q\": 'r'}\nplugins:\n  - {name: A, settings: {s: |\n    x}}\n"
        for length in 0...whole.utf8.count {
            _ = failures(String(decoding: whole.utf8.prefix(length), as: UTF8.self))
            _ = failures(String(decoding: whole.utf8.dropFirst(length), as: UTF8.self))
        }
        #expect(try load("log: {level: debug}").host.log.level == .debug)
    }
}
