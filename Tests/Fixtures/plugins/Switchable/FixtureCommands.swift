import PluginAPI

/// `replyhq switchable …`
enum FixtureCommands {
    static let all: [PluginCommand] = [
        PluginCommand(
            "switchable", "Try what commands of plugins can do.",
            discussion: "A command of a fixture.",
            subcommands: [say, apps, ask, settings, turn, fail])
    ]

    private static let say = PluginCommand(
        "say", "Print a word.",
        parameters: [
            .flag("json", "Print JSON."), .option("times", value: "COUNT", "How often."),
            .argument("WORD", "What to print."), .argument("SUFFIX", required: false, "What to print after it."),
        ]
    ) { session in
        let times = try session.arguments.integer("times", in: 1...10) ?? 1
        let word = (session.arguments["WORD"] ?? "") + (session.arguments["SUFFIX"] ?? "")
        for _ in 0..<times {
            if session.arguments.has("json") {
                session.output.json(["word": .string(word)])
            } else {
                session.output.line(word)
            }
        }
    }

    private static let apps = PluginCommand("apps", "Count the apps of the store.") { session in
        let count = try await session.withContext(requiring: [Capability<any Store>.store.name]) { context in
            try await context.require(.store).apps().count
        }
        session.output.line("\(count) apps")
    }

    private static let ask = PluginCommand(
        "ask", "Ask the running server.", parameters: [.argument("REQUEST", "Which request.")]
    ) { session in
        guard await session.isServerRunning else { throw CommandFailure("no server runs", exitCode: 7) }
        session.output.json(try await session.ask(session.arguments["REQUEST"] ?? "", ["from": "a command"]))
    }

    private static let settings = PluginCommand("settings", "Print the own settings.") { session in
        let text = try await session.withContext { try $0.settings.string("text") }
        session.output.line("\(text), \(session.isEnabled ? "enabled" : "disabled")")
    }

    private static let turn = PluginCommand(
        "turn", "Turn the plugin on or off.", parameters: [.argument("STATE", "on or off.")]
    ) { session in
        let change = try await session.setEnabled(session.arguments["STATE"] == "on")
        session.output.line(change.isChanged ? "changed" : "unchanged")
        let report = try await session.reload()
        for line in report.lines { session.output.line(line) }
        if !report.isApplied { throw CommandFailure(exitCode: 1) }
    }

    private static let fail = PluginCommand("fail", "End with a code.") { _ in
        throw CommandFailure("two\nlines", exitCode: 9)
    }
}
