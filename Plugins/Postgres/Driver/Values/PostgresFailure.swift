import PluginAPI

/// Why something failed at or on the way to the server. For logs and for the store to look at; never shown to callers.
struct PostgresFailure: Error, Sendable, CustomStringConvertible {
    /// What a failure without an error code of the server was.
    enum Kind: Sendable, Equatable {
        /// The server answered with an error.
        case server
        /// The connection could not be made, or is gone.
        case connection
        /// The connection went away, or fell silent, while a write was under way: it may or may not be stored.
        case outcomeUnknown
        /// Not sent within the time a request may wait.
        case waitedTooLong
        case queueFull
        case closed
        /// The server said what the protocol does not allow.
        case protocolViolation
    }

    var kind: Kind = .server
    /// The five characters of `SQLSTATE`; empty when the server said none.
    var state = SQLState("")
    /// The server's or libpq's own words, on one line.
    var message: String
    /// The name of the constraint that was violated.
    var constraint: String?
    /// How long until a new attempt is worth while, if that is known.
    var retryAfter: Duration?

    var description: String { state.text.isEmpty ? message : "\(message) (SQLSTATE \(state.text))" }
}

/// The server's five-character error code (PostgreSQL documentation, appendix A).
struct SQLState: Sendable, Hashable {
    let text: String

    init(_ text: String) {
        self.text = text
    }

    static let uniqueViolation = SQLState("23505")
    static let foreignKeyViolation = SQLState("23503")
    static let diskFull = SQLState("53100")
    static let queryCancelled = SQLState("57014")
    static let lockNotAvailable = SQLState("55P03")
    static let invalidStatementName = SQLState("26000")
    static let duplicateStatementName = SQLState("42P05")
    static let readOnlyTransaction = SQLState("25006")
    static let untranslatableCharacter = SQLState("22P05")
    static let invalidEncoding = SQLState("22021")
    static let programLimitExceeded = SQLState("54000")

    /// Whether the connection is of no further use: it ends, leads to a server that takes no writes, or the session
    /// has lost what it prepared. (`0A000` is a prepared statement whose columns have changed their types.)
    var endsConnection: Bool {
        text.hasPrefix("08") || text.hasPrefix("57P") || ["53300", "25006", "26000", "42P05", "0A000"].contains(text)
    }

    /// Whether the statement was stopped because it, or a lock it wanted, took too long.
    var isTimeout: Bool { self == .queryCancelled || self == .lockNotAvailable }
}
