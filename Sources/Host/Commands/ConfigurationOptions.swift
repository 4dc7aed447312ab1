import ArgumentParser
import Glibc
import HostCore
import PluginAPI

/// Where the configuration is read from.
struct ConfigurationOptions: ParsableArguments {
    @Option(name: [.short, .customLong("config")], help: "The configuration file (YAML or JSON).")
    var file: String?

    /// The configuration with the environment laid over it.
    func load() throws -> EffectiveConfiguration {
        try Self.load(file)
    }

    /// The same for a command line that was read elsewhere.
    static func load(_ file: String?) throws -> EffectiveConfiguration {
        let environment = ProcessEnvironment.variables
        return try EffectiveConfiguration.load(path: path(file), environment: environment)
    }

    /// Where its running server is asked.
    var place: ServerPlace {
        ServerPlace(file: Self.path(file), environment: ProcessEnvironment.variables)
    }

    static func path(_ file: String?) -> String {
        file ?? ProcessEnvironment.variables["REPLYHQ_CONFIG"] ?? "config/development.yaml"
    }
}

/// Where commands that work on data read the configuration from.
struct StoreOptions: ParsableArguments {
    @OptionGroup var options: ConfigurationOptions

    @Flag(
        help: "Do not ask the running server, and work on the store that this command's own environment names.")
    var standalone = false

    /// The configuration as the running server has it, where one runs here.
    ///
    /// - Parameter difference: what to do when this command's environment names another store.
    func load(_ difference: ServedConfiguration.Difference = .refuse) async throws -> EffectiveConfiguration {
        try await ServedConfiguration.load(
            ConfigurationOptions.path(options.file), own: ProcessEnvironment.variables,
            standalone ? .standalone : difference
        ).configuration
    }
}

/// Ends the process with a message a person can use.
enum Failure {
    static func exit(_ error: any Error, code: Int32) -> ExitCode {
        Output.error(ErrorText.plain(error))
        return ExitCode(code)
    }
}

/// What goes to the terminal.
enum Output {
    static func line(_ text: String) {
        write(text + "\n", to: STDOUT_FILENO)
    }

    /// Without a line's end.
    static func text(_ text: String) {
        write(text, to: STDOUT_FILENO)
    }

    /// Each line of the text is an error of its own.
    static func error(_ text: String) {
        for line in text.split(whereSeparator: \.isNewline) { write("error: \(line)\n", to: STDERR_FILENO) }
    }

    /// Something that the command did without.
    static func warning(_ text: String) {
        write("warning: \(text)\n", to: STDERR_FILENO)
    }

    /// What plugins' commands write to.
    static let ofCommands = CommandOutput(isTerminal: isatty(STDOUT_FILENO) == 1) {
        write($0, to: STDOUT_FILENO)
    } warn: {
        write($0, to: STDERR_FILENO)
    }

    private static func write(_ text: String, to descriptor: CInt) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            // Nobody listens, such as `head` that has seen enough.
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
