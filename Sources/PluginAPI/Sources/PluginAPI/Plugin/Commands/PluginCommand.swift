/// A factory whose plugin brings verbs of the command line beside the host's own: `replyhq legacy report`.
///
/// They are there for every plugin that the configuration lists, also for one that is disabled. Several plugins may
/// bring subcommands of one verb.
public protocol CommandProviding: PluginFactory {
    /// The verbs. Asked for before anything of the plugin is made.
    var commands: [PluginCommand] { get }
}

/// A verb of the command line, or a word below one. It either runs or has subcommands, not both.
public struct PluginCommand: Sendable {
    /// What is typed: lower-case letters, digits and hyphens.
    public var name: String
    /// One line, shown in lists.
    public var summary: String
    /// Everything else there is to say, shown by `--help`; may have several paragraphs.
    public var discussion: String
    /// What may follow the name. The host adds `--config` and `--help` to each.
    public var parameters: [CommandParameter]
    /// The words below this one.
    public var subcommands: [PluginCommand]
    /// Does it. Throw ``CommandFailure`` to say something and choose the exit code; any other error is shown and ends
    /// with 1, one of the configuration with 2.
    public var run: (@Sendable (CommandSession) async throws -> Void)?

    /// Makes a command that runs.
    public init(
        _ name: String,
        _ summary: String,
        discussion: String = "",
        parameters: [CommandParameter] = [],
        run: @escaping @Sendable (CommandSession) async throws -> Void
    ) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.parameters = parameters
        subcommands = []
        self.run = run
    }

    /// Makes a command that consists of others.
    public init(_ name: String, _ summary: String, discussion: String = "", subcommands: [PluginCommand]) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        parameters = []
        self.subcommands = subcommands
        run = nil
    }
}

/// One thing that may follow a command's name.
public struct CommandParameter: Sendable, Hashable {
    /// What it is.
    public enum Kind: Sendable, Hashable {
        /// `--json`
        case flag
        /// `--when-unused 30d`; what stands for the value in help.
        case option(value: String)
        /// A word in its place.
        case argument(isRequired: Bool)
    }

    /// Without hyphens; of an argument what stands for it in help, such as `DEVICE`.
    public var name: String
    /// What it is.
    public var kind: Kind
    /// One sentence.
    public var summary: String

    /// `--name`
    public static func flag(_ name: String, _ summary: String) -> CommandParameter {
        CommandParameter(name: name, kind: .flag, summary: summary)
    }

    /// `--name VALUE` or `--name=VALUE`; stated twice, the last one counts.
    public static func option(_ name: String, value: String, _ summary: String) -> CommandParameter {
        CommandParameter(name: name, kind: .option(value: value), summary: summary)
    }

    /// A word in its place; those that are not required come last.
    public static func argument(_ name: String, required: Bool = true, _ summary: String) -> CommandParameter {
        CommandParameter(name: name, kind: .argument(isRequired: required), summary: summary)
    }
}
