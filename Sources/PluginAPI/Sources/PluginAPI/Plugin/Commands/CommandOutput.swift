/// Where a command writes.
public struct CommandOutput: Sendable {
    /// Whether somebody watches: progress may be shown.
    public let isTerminal: Bool
    private let write: @Sendable (String) -> Void
    private let warn: @Sendable (String) -> Void

    /// Makes an output.
    ///
    /// - Parameters:
    ///   - write: to standard output, as it is.
    ///   - warn: to standard error, as it is.
    public init(
        isTerminal: Bool = false,
        write: @escaping @Sendable (String) -> Void,
        warn: @escaping @Sendable (String) -> Void
    ) {
        self.isTerminal = isTerminal
        self.write = write
        self.warn = warn
    }

    /// A line of the answer.
    public func line(_ text: String = "") { write(text + "\n") }

    /// A part of a line.
    public func text(_ text: String) { write(text) }

    /// A value as one line of JSON.
    public func json(_ value: JSONValue) { write(value.description + "\n") }

    /// A line beside the answer, on standard error.
    public func note(_ text: String) { warn(text + "\n") }
}
