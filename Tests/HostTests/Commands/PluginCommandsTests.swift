import PluginAPI
import Synchronization
import Testing

@testable import HostCore

@Suite("Commands of plugins")
struct PluginCommandsTests {
    private static func leaf(_ name: String) -> PluginCommand { PluginCommand(name, "Does \(name).") { _ in } }

    @Test("plugins share a verb, each with words of its own")
    func shared() {
        let commands = PluginCommands([
            ("A", PluginCommand("doctor", "Looks after A.", subcommands: [Self.leaf("push")])),
            ("B", PluginCommand("doctor", "Looks after B.", subcommands: [Self.leaf("disk")])),
            ("B", Self.leaf("other")),
        ])
        #expect(commands.problems.isEmpty)
        #expect(commands.list.map(\.name) == ["doctor", "other"])
        #expect(commands.list[0].plugins == ["A", "B"])
        #expect(commands.verbs[0].below.map(\.name) == ["push", "disk"])
    }

    @Test("a word that two want belongs to the first, and that is said")
    func clash() {
        let commands = PluginCommands([
            ("A", PluginCommand("doctor", "A.", subcommands: [Self.leaf("push")])),
            ("B", PluginCommand("doctor", "B.", subcommands: [Self.leaf("push")])),
        ])
        #expect(commands.verbs[0].below.map { $0.command?.plugin } == ["A"])
        #expect(commands.problems == ["\"doctor push\" of plugin B cannot be used: plugin A has it"])
    }

    @Test("a verb may run by itself for one plugin and have words of another")
    func both() {
        let commands = PluginCommands([
            ("A", Self.leaf("doctor")), ("B", PluginCommand("doctor", "B.", subcommands: [Self.leaf("disk")])),
        ])
        #expect(commands.verbs[0].command?.plugin == "A" && commands.verbs[0].below.map(\.name) == ["disk"])
        #expect(PluginCommands.usage(["doctor"], commands.verbs[0]).contains("[<subcommand>]"))
    }
}

@Suite("The arguments of commands")
struct CommandArgumentsTests {
    private let parameters: [CommandParameter] = [
        .flag("json", "."), .option("since", value: "DURATION", "."), .argument("APP", "."),
        .argument("DEVICE", required: false, "."),
    ]

    private func failure(_ words: [String]) -> String? {
        do throws(CommandFailure) {
            _ = try CommandArguments(words, for: parameters)
            return nil
        } catch {
            return error.exitCode == 64 ? error.message : "exit code \(error.exitCode)"
        }
    }

    @Test("flags, options and words in any order")
    func reading() throws {
        let arguments = try CommandArguments(["--since=1h", "a", "--json", "b", "--since", "30d"], for: parameters)
        #expect(arguments.has("json") && arguments["APP"] == "a" && arguments["DEVICE"] == "b")
        #expect(try arguments.duration("since") == .seconds(30 * 86_400))
        let fewest = try CommandArguments(["--", "--json"], for: parameters)
        #expect(!fewest.has("json") && fewest["APP"] == "--json" && fewest["DEVICE"] == nil)
        #expect(try fewest.duration("since") == nil)
    }

    @Test(
        "what is wrong is said",
        arguments: [
            ([], "missing argument <APP>"), (["a", "b", "c"], "unexpected argument \"c\""),
            (["-j", "a"], "unknown option -j"), (["--jsno", "a"], "unknown option --jsno; did you mean --json?"),
            (["a", "--since"], "--since needs a value"), (["a", "--json=1"], "--json takes no value"),
        ] as [([String], String)])
    func wrong(words: [String], message: String) {
        #expect(failure(words) == message)
    }

    @Test("values are judged when they are read")
    func values() throws {
        let arguments = try CommandArguments(["a", "--since", "soon"], for: parameters)
        #expect(throws: CommandFailure.usage("--since: expected a duration such as 30d, got \"soon\"")) {
            try arguments.duration("since")
        }
        #expect(throws: CommandFailure.usage("--APP: expected a whole number in 1…5, got \"a\"")) {
            try arguments.integer("APP", in: 1...5)
        }
    }
}
