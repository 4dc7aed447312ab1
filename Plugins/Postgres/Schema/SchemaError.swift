/// Why a statement on a schema connection failed.
struct SchemaError: Error, Sendable, CustomStringConvertible {
    /// The five characters of PostgreSQL's error code; nil when the connection itself failed.
    var sqlState: String?
    /// PostgreSQL's own words, one line.
    var message: String

    var description: String { sqlState.map { "\(message) (SQLSTATE \($0))" } ?? message }

    /// Whether other sessions' locks were in the way, so that the same can succeed later: a lock was not to be had within
    /// `lock_timeout`, or the server ended a deadlock.
    var isPassing: Bool { sqlState == "55P03" || sqlState == "40P01" }
}
