/// Why a statement on a schema connection failed.
struct SchemaError: Error, Sendable, CustomStringConvertible {
    /// The five characters of PostgreSQL's error code; nil when the connection itself failed.
    var sqlState: String?
    /// PostgreSQL's own words, one line.
    var message: String

    var description: String { sqlState.map { "\(message) (SQLSTATE \($0))" } ?? message }

    /// A lock was not to be had within `lock_timeout`.
    var isLockTimeout: Bool { sqlState == "55P03" }
}
