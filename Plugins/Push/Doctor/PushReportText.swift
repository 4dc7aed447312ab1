import PluginAPI

/// A report for a terminal, from the JSON that the running server or this process made.
enum PushReportText {
    static func text(_ report: JSONValue) -> String {
        func word(_ name: String, in value: JSONValue) -> String { printable(value[name]?.stringValue ?? "") }
        var lines = ["Push to device \(word("device_id", in: report)) of app \(word("app_id", in: report))"]
        for step in report["steps"]?.arrayValue ?? [] {
            let mark =
                switch step["outcome"]?.stringValue {
                case PushReport.Step.Outcome.fine.rawValue: "ok  "
                case PushReport.Step.Outcome.obstacle.rawValue: "NO  "
                default: "note"
                }
            let name = word("name", in: step)
            lines.append(
                "  \(mark)  \(name)\(String(repeating: " ", count: max(1, 14 - name.count)))\(word("text", in: step))")
        }
        let recent = report["recent"]?.arrayValue ?? []
        if !recent.isEmpty { lines.append("The last pushes, newest first:") }
        for push in recent {
            let parts = ["created_at", "message_id", "state", "hold", "detail"].map { word($0, in: push) }
            lines.append("  " + parts.filter { !$0.isEmpty }.joined(separator: "  "))
        }
        if let provider = report["provider"] {
            let isSent = provider["sent"]?.boolValue ?? false
            lines.append(isSent ? "A test push was sent:" : "A dry run, of which the phone shows nothing:")
            lines += (provider["lines"]?.arrayValue ?? []).map { "  " + printable($0.stringValue ?? "") }
        }
        lines.append(word("verdict", in: report))
        return lines.map { $0 + "\n" }.joined()
    }

    /// Names and answers are others' texts; a terminal takes control characters for commands.
    static func printable(_ text: String) -> String {
        var kept = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            kept.append(scalar.properties.generalCategory == .control && scalar != "\t" ? "\u{FFFD}" : scalar)
        }
        return String(kept)
    }
}
