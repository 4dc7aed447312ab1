import PluginAPI
import Yams

extension ConfigurationFile {
    /// The parser's complaint with its place, and the line it is about with a caret under the character.
    func syntaxError(_ error: YamlError) -> SettingsError {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let sentence = [context?.text, problem, hint(context)].compactMap { $0 }.joined(separator: ": ")
            return self.error(
                line: mark.line, column: mark.column, sentence + excerpt(line: mark.line, column: mark.column))
        case .reader(let problem, let offset, _, _):
            let before = offset.map { text.prefix($0) } ?? ""
            let line = before.reduce(1) { $1.isNewline ? $0 + 1 : $0 }
            let column = before.reversed().prefix { !$0.isNewline }.count + 1
            return self.error(line: line, column: column, problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.map { "\"\($0)\"" }.joined(separator: ", ")
            let sentence = "duplicate key \(names): stated more than once in this mapping, first here"
            return self.error(line: context.mark.line, column: context.mark.column, sentence)
        case .memory:
            return self.error(line: 1, column: 1, "not enough memory to read the file")
        default:
            return self.error(line: 1, column: 1, "not readable as YAML")
        }
    }

    /// The trap of `{key: ${NAME}}`: inside braces and brackets, the brace of a variable begins a mapping.
    private func hint(_ context: YamlError.Context?) -> String? {
        guard let context, context.text.contains("flow"), text.contains("${") else { return nil }
        return "write \"${NAME}\" in quotes inside {…} and […]"
    }

    /// The line and a caret; a line that may hold a secret is not shown.
    private func excerpt(line: Int, column: Int) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.indices.contains(line - 1) else { return "" }
        let content = String(lines[line - 1].prefix(200)).replacing("\t", with: " ")
        guard !content.isEmpty, content == Redaction.redact(urlsIn: content) else { return "" }
        let isSecret = content.split(whereSeparator: { ":{,\" ".contains($0) }).contains {
            Redaction.isSecret(name: String($0))
        }
        guard !isSecret else { return "" }
        let indent = String(repeating: " ", count: min(max(column - 1, 0), 200))
        return "\n    \(content)\n    \(indent)^"
    }
}
