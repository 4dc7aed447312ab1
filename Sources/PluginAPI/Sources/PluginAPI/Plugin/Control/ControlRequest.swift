/// What answers a request of the control socket: the body in, the answer's body out. Throw ``ChatError``,
/// ``HTTPFailure`` or anything else; it reaches whoever asked as ``ControlError/Code/refused``.
public typealias ControlAnswer = @Sendable (JSONObject) async throws -> JSONValue

/// Why a running server did not answer a command.
public struct ControlError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: Sendable, Hashable {
        /// No server with this configuration runs on this machine, or it has no control socket.
        case noServer
        /// Several do, and it was not said which is meant.
        case severalServers
        /// It runs, but the connection broke or nothing came in time.
        case noAnswer
        /// It answered that it cannot; the code is a word such as `NOT_FOUND`.
        case refused(String)
    }

    /// What kind of failure it is.
    public var code: Code
    /// One sentence.
    public var description: String

    /// Makes an error.
    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
