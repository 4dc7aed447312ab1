import ArgumentParser
import Glibc
import HostCore
import PluginAPI

/// A verb that is none of the host's own: a plugin may bring it.
enum PluginVerb {
    /// The words of a command line, taken apart as far as the host has a say.
    struct Line {
        var words: [String] = []
        var configuration: String?
        var isStandalone = false
    }

    /// Whether the verb of a command line is none of the host's.
    static func isMeant(by arguments: [String]) -> Bool {
        guard let first = arguments.first else { return false }
        // `replyhq help legacy` is `replyhq legacy --help`.
        if first == "help", let verb = arguments.dropFirst().first { return !isHostVerb(verb) }
        return !first.hasPrefix("-") && !isHostVerb(first)
    }

    /// Runs a command line whose verb is none of the host's.
    ///
    /// - Returns: the exit code.
    static func run(_ arguments: [String]) async -> Int32 {
        var arguments = arguments
        if arguments.first == "help" { arguments = Array(arguments.dropFirst()) + ["--help"] }
        do {
            let line = try split(arguments)
            let configuration = try await ServedConfiguration.load(
                ConfigurationOptions.path(line.configuration), own: ProcessEnvironment.variables,
                line.isStandalone ? .standalone : .refuse
            ).configuration
            return await PluginCommands(configuration)
                .run(line.words, configuration: configuration, hostVerbs: hostVerbs, output: Output.ofCommands)
        } catch let failure as CommandFailure {
            return Failure.exit(failure, code: failure.exitCode).rawValue
        } catch {
            // Without a configuration nobody knows what plugins bring.
            let verb = arguments[0]
            Output.error("unknown command \"\(verb)\"\(NearestName.hint(for: verb, in: hostVerbs))")
            Output.error("the plugins' commands are not known: \(error)")
            return 64
        }
    }

    static let hostVerbs = ReplyHQ.subcommands.map { $0._commandName }

    private static func isHostVerb(_ word: String) -> Bool { word == "help" || hostVerbs.contains(word) }

    /// Takes the configuration out.
    static func split(_ arguments: [String]) throws(CommandFailure) -> Line {
        var line = Line()
        var rest = arguments[...]
        while let word = rest.popFirst() {
            if word == "--" {
                line.words += [word] + rest
                break
            } else if word == "-f" || word == "--config" {
                guard let path = rest.popFirst() else { throw .usage("\(word) needs a value") }
                line.configuration = path
            } else if word.hasPrefix("--config=") {
                line.configuration = String(word.dropFirst("--config=".count))
            } else if word == "--standalone" {
                line.isStandalone = true
            } else {
                line.words.append(word)
            }
        }
        return line
    }
}

/// What the plugins add to the overall help; empty unless that is asked for, as their images have to be opened for it.
enum PluginHelp {
    static let text: String = {
        guard let line = try? PluginVerb.split(Array(CommandLine.arguments.dropFirst())), line.words.count == 1,
            ["--help", "-h", "help"].contains(line.words[0])
        else { return "" }
        guard let configuration = try? ConfigurationOptions.load(line.configuration) else { return "" }
        let list = PluginCommands(configuration).list
        guard !list.isEmpty else { return "" }
        let width = list.map(\.name.count).max() ?? 0
        let lines = list.map { verb in
            let name = verb.name + String(repeating: " ", count: width - verb.name.count)
            return "  \(name)  \(verb.summary) (\(verb.plugins.joined(separator: ", ")))"
        }
        return "\n\nCommands of plugins:\n\n" + lines.joined(separator: "\n")
    }()
}
