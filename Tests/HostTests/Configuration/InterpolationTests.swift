import PluginAPI
import Testing

@testable import HostCore

@Suite("Variables in values")
struct InterpolationTests {
    private func text(_ value: String, _ environment: [String: String]) throws -> String? {
        let loaded = try load("plugins:\n  - name: A\n    settings:\n      v: \(value)\n", environment)
        return try loaded.plugin("A").settings?["v"]?.scalar?.text
    }

    @Test(
        "replaced by the environment",
        arguments: [
            ("${NAME}", "value"), ("a-${NAME}-b", "a-value-b"), ("${NAME}${NAME}", "valuevalue"),
            ("\"${NONE:-}\"", ""), ("\"${NONE:-other}\"", "other"), ("\"${EMPTY:-other}\"", "other"),
            ("\"${NAME:-other}\"", "value"), ("$$x", "$x"), ("\"$${NAME}\"", "${NAME}"), ("cost $5", "cost $5"),
            ("\"${EMPTY}\"", ""), ("${DOLLAR}", "${NAME}"),
        ])
    func replaced(value: String, expected: String) throws {
        let environment = ["NAME": "value", "EMPTY": "", "DOLLAR": "${NAME}"]
        #expect(try text(value, environment) == expected)
    }

    @Test("a variable's content is text, whatever it looks like")
    func content() throws {
        #expect(try text("${V}", ["V": "null"]) == "null")
        #expect(try text("${V}", ["V": "{a: [1]}\nb: *x"]) == "{a: [1]}\nb: *x")
        let loaded = try load("server: {port: \"${P}\"}", ["P": "4001"])
        #expect(loaded.host.server.port == 4001)
        #expect(try loaded.value("server.port").origin == "test.yaml:1:16 ${P}")
    }

    @Test("an empty variable in a plain value states nothing")
    func empty() throws {
        #expect(try load("server:\n  port: ${P:-}\n").host.server.port == 3000)
    }

    @Test(
        "errors have the value's place",
        arguments: [
            ("${NONE}", "environment variable NONE is not set (give one, or write \"${NONE:-default}\")"),
            ("\"${open\"", "\"${\" without \"}\""),
            ("${1x}", "\"${1x}\" names no environment variable (write \"$$\" for a dollar sign)"),
            ("${}", "\"${}\" names no environment variable (write \"$$\" for a dollar sign)"),
        ])
    func errors(value: String, message: String) {
        #expect(failures("server:\n  host: \(value)\n") == ["test.yaml:2:9 server.host: \(message)"])
    }

    @Test("an unquoted variable in braces is a syntax error that says what to do")
    func braces() {
        let found = failures("server: {host: ${NAME}}\n", ["NAME": "x"])
        #expect(found.first?.contains("write \"${NAME}\" in quotes inside {…} and […]") == true)
    }

    @Test("a disabled plugin's settings may name variables that are not set")
    func disabled() throws {
        let text = "plugins:\n  - name: A\n    enabled: false\n    settings: {url: \"${NONE}\"}\n"
        #expect(try load(text).host.plugins[0].isEnabled == false)
        let found = failures(text, ["REPLYHQ_PLUGINS__A__ENABLED": "true"])
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("test.yaml:4:21 plugins[0].settings.url: environment variable NONE") == true)
    }

    @Test("a value that the environment replaces needs no variable of its own")
    func replacedValue() throws {
        let text = "plugins:\n  - name: Admin\n    settings: {jwt_secret: \"${JWT_SECRET}\"}\n"
        #expect(failures(text).count == 1)
        let loaded = try load(text, ["REPLYHQ_PLUGINS__ADMIN__SETTINGS__JWT_SECRET": "s"])
        #expect(try loaded.plugin("Admin").settings?["jwt_secret"]?.scalar?.text == "s")
    }
}
