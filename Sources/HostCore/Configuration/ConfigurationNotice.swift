/// Something about a configuration that is worth a line in the log, but does not stop the start.
public struct ConfigurationNotice: Sendable, Hashable, CustomStringConvertible {
    /// How loudly to say it.
    public enum Severity: String, Sendable, Hashable {
        /// Good to know: a variable replaced a value of the file.
        case info
        /// Probably not what was meant: a variable that nothing uses.
        case warning
    }

    /// How loudly to say it.
    public let severity: Severity
    /// One sentence without secrets.
    public let message: String

    init(_ severity: Severity, _ message: String) {
        self.severity = severity
        self.message = message
    }

    /// The sentence.
    public var description: String { message }
}
