import Glibc
import HostCore
import PluginAPI
import Synchronization

/// Copies as text and as JSON.
enum DatabaseText {
    static func line(_ progress: CopyProgress) -> String {
        let name = "\(progress.phase.rawValue) \(progress.table.rawValue)".padded(to: 24)
        if progress.isFinished {
            let skipped = progress.skipped > 0 ? ", \(number(progress.skipped)) of them were there" : ""
            return "\(name) \(number(progress.done)) rows in \(seconds(progress.elapsed))\(skipped)"
        }
        let percent = progress.total > 0 ? min(progress.done * 100 / progress.total, 100) : 0
        var line = "\(name) \(number(progress.done)) of \(number(progress.total)) rows, \(percent) %"
        if let rate = progress.rate { line += ", \(number(Int64(rate)))/s" }
        if let remaining = progress.remaining { line += ", \(seconds(remaining)) left" }
        return line
    }

    static func lines(_ report: CopyReport) -> [String] {
        let rows = report.tables.map { table in
            "  " + table.table.rawValue.padded(to: 14) + number(table.rows).padded(to: 12, atStart: true) + " rows, "
                + number(table.added).padded(to: 12, atStart: true) + " of them new, sha256 \(table.checksum)"
        }
        return ["\(report.target) holds what \(report.source) holds:"] + rows
            + ["  the next message's number is larger than \(report.lastSequence)"]
            + report.mended.map { mended in
                "  mended: \(number(mended.values)) values of \(mended.table.rawValue).\(mended.column), which the target "
                    + "cannot keep: U+0000 is U+FFFD now, with a mark at the end, and push tokens too long are left out"
            }
    }

    static func json(_ report: CopyReport) -> String {
        let tables = report.tables.map { table in
            JSONValue.object([
                "table": .string(table.table.rawValue),
                "rows": .int(table.rows),
                "added": .int(table.added),
                "sha256": .string(table.checksum),
            ])
        }
        let object: JSONObject = [
            "from": .string(report.source),
            "to": .string(report.target),
            "tables": .array(tables),
            "last_sequence": .int(report.lastSequence),
            "mended": .array(
                report.mended.map { mended in
                    .object([
                        "table": .string(mended.table.rawValue), "column": .string(mended.column),
                        "values": .int(mended.values),
                    ])
                }),
        ]
        return object.description
    }

    /// With a comma before each three digits.
    private static func number(_ value: Int64) -> String {
        let digits = Array(String(value))
        var text = ""
        for (position, digit) in digits.enumerated() {
            if position > 0, (digits.count - position).isMultiple(of: 3), digits[position - 1] != "-" { text += "," }
            text.append(digit)
        }
        return text
    }

    private static func seconds(_ duration: Duration) -> String {
        let seconds = Int64(duration / .seconds(1))
        if seconds >= 3_600 { return "\(seconds / 3_600)h \(seconds % 3_600 / 60)m" }
        if seconds >= 60 { return "\(seconds / 60)m \(seconds % 60)s" }
        if seconds >= 10 { return "\(seconds)s" }
        let tenths = Int64(duration / .milliseconds(100))
        return "\(tenths / 10).\(tenths % 10)s"
    }
}

/// Shows how a copy comes along: on a terminal one line for each table that changes, elsewhere a line when a table is
/// done and now and then in between.
final class CopyDisplay: Sendable {
    private struct State {
        var shown: ContinuousClock.Instant?
        var isLineOpen = false
    }

    private let isQuiet: Bool
    private let isTerminal = isatty(STDOUT_FILENO) == 1
    private let state = Mutex(State())

    init(isQuiet: Bool) {
        self.isQuiet = isQuiet
    }

    func show(_ progress: CopyProgress) {
        // An empty table is no news.
        guard !isQuiet, progress.total > 0 || progress.done > 0 else { return }
        state.withLock { state in
            let pause: Duration = isTerminal ? .milliseconds(100) : .seconds(10)
            let isDue = state.shown.map { ContinuousClock.now - $0 >= pause } ?? isTerminal
            if state.shown == nil { state.shown = .now }
            guard progress.isFinished || isDue else { return }
            state.shown = .now
            let line = DatabaseText.line(progress)
            if isTerminal {
                // Back to the start of the line, and clear what was there.
                Output.text("\r\u{1B}[K\(line)" + (progress.isFinished ? "\n" : ""))
                state.isLineOpen = !progress.isFinished
            } else {
                Output.line(line)
            }
        }
    }

    /// Leaves the terminal at the start of a line.
    func end() {
        state.withLock { state in
            if state.isLineOpen { Output.text("\n") }
            state.isLineOpen = false
        }
    }
}

extension String {
    fileprivate func padded(to width: Int, atStart: Bool = false) -> String {
        let spaces = String(repeating: " ", count: max(0, width - count))
        return atStart ? spaces + self : self + spaces
    }
}
