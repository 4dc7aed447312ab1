import PluginAPI

extension EffectiveConfiguration {
    /// Every value with its origin, one per line in aligned columns, secrets redacted; then the notices.
    public func describe(schemas: [String: SettingsSchema] = [:]) -> String {
        let values = values(schemas: schemas)
        let pathWidth = values.map(\.path.count).max() ?? 0
        let textWidth = min(values.map(\.text.count).max() ?? 0, 48)
        let lines = values.map { value in
            "\(padded(value.path, pathWidth))  \(padded(value.text, textWidth))  \(value.origin)"
        }
        let remarks = notices.map { "\($0.severity.rawValue): \($0.message)" }
        return (lines + remarks).joined(separator: "\n") + "\n"
    }

    /// The same as one JSON object: `values` with `path`, `value` and `origin`, and `notices`.
    public func describeJSON(schemas: [String: SettingsSchema] = [:]) -> String {
        let values = values(schemas: schemas).map { value in
            object([("path", value.path), ("value", value.text), ("origin", value.origin)])
        }
        let remarks = notices.map { object([("severity", $0.severity.rawValue), ("message", $0.message)]) }
        return "{\"values\":\(array(values)),\"notices\":\(array(remarks))}\n"
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private func array(_ items: [String]) -> String {
        items.isEmpty ? "[]" : "[\n  \(items.joined(separator: ",\n  "))\n]"
    }

    private func object(_ members: [(String, String)]) -> String {
        "{" + members.map { "\"\($0.0)\":\(quoted($0.1))" }.joined(separator: ",") + "}"
    }

    /// RFC 8259 section 7: quotes, backslashes and control characters are escaped.
    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\u{0}"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
