import ArgumentParser
import HostCore
import PluginAPI

struct Reload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the running server follow its configuration, without a restart.",
        discussion: """
            The server reads its file again and checks it as a whole. It stops the plugins that left, starts those that \
            came, and restarts those whose settings changed and those that depend on them; everybody else's \
            connections stay. If anything fails, what ran before runs again. SIGHUP does the same; the log then says \
            what came of it.

            Exit codes: 0 the server runs what the configuration says; 1 something did not start, and what ran before \
            runs again; 2 the configuration cannot be used, and nothing was touched; 3 no server with this \
            configuration runs on this machine, or several do.
            """
    )

    @OptionGroup var options: ConfigurationOptions

    @Option(help: "The server's process, where several run with this configuration.")
    var pid: Int?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        // The server reads the file; this command needs none of its secrets.
        try await Self.reload(options.place, pid: pid, json: json)
    }

    /// Asks the server, says what came of it, and throws the exit code unless all is well.
    static func reload(_ place: ServerPlace, pid: Int? = nil, json: Bool = false) async throws {
        let outcome: ReloadOutcome
        do {
            outcome = try await ControlClient(at: place, pid: pid).reload()
        } catch let error as ControlError {
            throw Failure.exit(error, code: error.exitCode)
        }
        if json {
            Output.line(outcome.json.description)
        } else {
            for line in outcome.lines { Output.line(line) }
        }
        for reason in outcome.reasons { Output.error(reason) }
        let code = outcome.exitCode
        if code != 0 { throw ExitCode(code) }
    }
}

extension ControlError {
    var exitCode: Int32 {
        switch code {
        case .noServer, .severalServers: 3
        case .noAnswer, .refused: 1
        }
    }
}

extension ReloadOutcome {
    fileprivate var exitCode: Int32 {
        switch result {
        case .applied, .unchanged: 0
        case .rolledBack, .broken, .interrupted: 1
        case .refused: 2
        }
    }
}
