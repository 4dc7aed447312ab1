import PluginAPI

extension PluginCommands {
    /// What the host adds to each command.
    static let hostParameters: [CommandParameter] = [
        .option("config", value: "file", "The configuration file (YAML or JSON); also -f.")
    ]

    /// What `--help` says of a word.
    static func usage(_ path: [String], _ word: Word) -> String {
        let parameters = (word.command?.value.parameters ?? []) + hostParameters
        let options = parameters.filter { if case .argument = $0.kind { false } else { true } }
        let arguments = parameters.filter { if case .argument = $0.kind { true } else { false } }
        var usage = ["replyhq"] + path
        if word.command != nil { usage += options.map { "[\(form($0))]" } + arguments.map(form) }
        if !word.below.isEmpty { usage.append(word.command == nil ? "<subcommand>" : "[<subcommand>]") }
        var blocks = ["OVERVIEW: \(word.summary)"]
        if !word.discussion.isEmpty { blocks.append(word.discussion) }
        blocks.append("USAGE: \(usage.joined(separator: " "))")
        blocks += block("ARGUMENTS", arguments.map { (form($0), $0.summary) })
        blocks += block("OPTIONS", options.map { (form($0), $0.summary) } + [("-h, --help", "Show help information.")])
        blocks += block("SUBCOMMANDS", word.below.map { ($0.name, $0.summary) })
        return blocks.joined(separator: "\n\n") + "\n"
    }

    private static func form(_ parameter: CommandParameter) -> String {
        switch parameter.kind {
        case .flag: "--\(parameter.name)"
        case .option(let value): "--\(parameter.name) <\(value)>"
        case .argument(let isRequired): isRequired ? "<\(parameter.name)>" : "[<\(parameter.name)>]"
        }
    }

    private static func block(_ title: String, _ rows: [(String, String)]) -> [String] {
        guard !rows.isEmpty else { return [] }
        let width = max(22, rows.map(\.0.count).max() ?? 0)
        return [(["\(title):"] + rows.map { "  \($0.0.padded(to: width))  \($0.1)" }).joined(separator: "\n")]
    }
}
