import PluginAPI

extension PluginCommands {
    /// Runs what the words say, of which the first is a verb.
    ///
    /// - Parameter hostVerbs: for the hint when the verb is nobody's.
    /// - Returns: the exit code. What went wrong has been said.
    public func run(
        _ words: [String],
        configuration: EffectiveConfiguration,
        hostVerbs: [String] = [],
        output: CommandOutput
    ) async -> Int32 {
        do {
            let (path, word, rest) = try find(words, hostVerbs)
            let isHelp = rest.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
            guard !isHelp, let command = word.command, let run = command.value.run else {
                if !isHelp, let unknown = rest.first(where: { !$0.hasPrefix("-") }) {
                    let hint = NearestName.hint(for: unknown, in: word.below.map(\.name))
                    let path = path.joined(separator: " ")
                    throw CommandFailure.usage("unknown subcommand \"\(unknown)\" of \"replyhq \(path)\"\(hint)")
                }
                output.text(Self.usage(path, word))
                return 0
            }
            do {
                let arguments = try CommandArguments(rest, for: command.value.parameters)
                let session = CommandSession(
                    plugin: command.plugin, arguments: arguments, output: output,
                    host: ConfiguredHost(configuration: configuration))
                try await run(session)
                return 0
            } catch let failure as CommandFailure where failure.exitCode == 64 {
                Self.say(failure, output)
                output.note("See: replyhq \(path.joined(separator: " ")) --help")
                return 64
            }
        } catch {
            return Self.say(error, output)
        }
    }

    private func find(
        _ words: [String], _ hostVerbs: [String]
    ) throws(CommandFailure) -> (path: [String], word: Word, rest: [String]) {
        guard let verb = words.first, var word = verbs.first(where: { $0.name == verb }) else {
            let name = words.first ?? ""
            let hint = NearestName.hint(for: name, in: hostVerbs + verbs.map(\.name))
            let reasons = problems.map { "\n\($0)" }.joined()
            throw .usage("unknown command \"\(name)\"\(hint)\(reasons)")
        }
        var path = [verb]
        var rest = words.dropFirst()
        while let next = rest.first, let below = word.below.first(where: { $0.name == next }) {
            word = below
            path.append(next)
            rest = rest.dropFirst()
        }
        return (path, word, Array(rest))
    }

    /// Says an error and answers the exit code that stands for it.
    @discardableResult
    private static func say(_ error: any Error, _ output: CommandOutput) -> Int32 {
        let (text, code): (String, Int32) =
            switch error {
            case let failure as CommandFailure: (failure.message, failure.exitCode)
            case let error as ChatError: (error.reason, 1)
            case is ConfigurationErrors, is SettingsError, is PluginRosterError, is PluginStartError,
                is PluginLoadError:
                (String(describing: error), 2)
            default: (ErrorText.plain(error), 1)
            }
        for line in text.split(whereSeparator: \.isNewline) { output.note("error: \(line)") }
        return code
    }
}
