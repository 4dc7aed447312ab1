/// How a command ends that did not do what it was asked to.
public struct CommandFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// For the terminal; each line is an error of its own. Empty: nothing is said, such as when the exit code is the
    /// answer.
    public var message: String
    /// What the process ends with. 1, 2 and 64 mean the same everywhere; a command explains its others in its help.
    public var exitCode: Int32

    /// Makes a failure with a meaning of its own.
    public init(_ message: String = "", exitCode: Int32) {
        self.message = message
        self.exitCode = exitCode
    }

    /// Something failed while it was done: 1.
    public static func failed(_ message: String) -> CommandFailure { CommandFailure(message, exitCode: 1) }
    /// The configuration, or what it names, cannot be used: 2.
    public static func unusable(_ message: String) -> CommandFailure { CommandFailure(message, exitCode: 2) }
    /// The command line is wrong: 64. The usage is shown after it.
    public static func usage(_ message: String) -> CommandFailure { CommandFailure(message, exitCode: 64) }

    /// The message.
    public var description: String { message }
}
