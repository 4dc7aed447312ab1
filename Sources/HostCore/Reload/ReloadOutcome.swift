import PluginAPI

/// What came of reading the configuration again.
public struct ReloadOutcome: Sendable, Hashable {
    public enum Result: String, Sendable, Hashable {
        /// The server runs what the configuration says.
        case applied
        /// It did already.
        case unchanged
        /// The configuration cannot be used, or this is no time for it; nothing was touched.
        case refused
        /// Something did not start; what ran before runs again.
        case rolledBack = "rolled_back"
        /// Something did not start, and not all of what ran before came back.
        case broken
        /// The process was told to stop meanwhile.
        case interrupted
    }

    public enum Action: String, Sendable, Hashable {
        case stopped, started, restarted
        /// It is listed, but stays out.
        case failed
    }

    public struct Change: Sendable, Hashable {
        public var plugin: String
        public var action: Action
        public var took: Duration = .zero
        /// Why, where it does not go without saying.
        public var cause: String?
    }

    public var result: Result
    /// In the order in which it happened.
    public var changes: [Change] = []
    /// Keys of the host that hold now.
    public var adopted: [String] = []
    /// Keys of the host that differ and hold only after a restart of the process.
    public var needsRestart: [String] = []
    /// What went wrong, or what else is to be said; one sentence each.
    public var reasons: [String] = []
    public var took: Duration = .zero

    static func refused(_ reason: String) -> ReloadOutcome { ReloadOutcome(result: .refused, reasons: [reason]) }

    /// Whether the server runs what the configuration says, as far as that is possible without a restart.
    public var isApplied: Bool { result == .applied || result == .unchanged }

    /// For people.
    public var lines: [String] {
        let time = Self.text(took)
        let first =
            switch result {
            case .applied: "The server follows its configuration (\(time))."
            case .unchanged where !needsRestart.isEmpty:
                "Nothing was changed: what differs needs a restart of the process."
            case .unchanged: "Nothing to do: the server runs what the configuration says."
            case .refused: "Nothing was changed; the server runs what it ran before."
            case .rolledBack: "Rolled back: the server runs what it ran before (\(time))."
            case .broken: "Rolling back did not succeed altogether (\(time))."
            case .interrupted: "The server is stopping."
            }
        let plugins = changes.map { change in
            let cause = change.cause.map { ": \($0)" } ?? ""
            let time = change.action == .failed ? "" : " (\(Self.text(change.took)))"
            return "  \(change.action.rawValue) \(change.plugin)\(time)\(cause)"
        }
        let keys = adopted.map { "  \($0) holds now" } + needsRestart.map { "  \($0) needs a restart of the process" }
        return [first] + plugins + keys
    }

    private static func text(_ duration: Duration) -> String {
        let milliseconds = duration.wholeMilliseconds
        return milliseconds < 10_000 ? "\(milliseconds) ms" : "\(milliseconds / 1000) s"
    }
}
