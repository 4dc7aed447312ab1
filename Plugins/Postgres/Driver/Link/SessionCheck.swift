/// What a new session has to be like, however server, database, role and pooler are configured.
///
/// It is asked with one statement, as what is wrong there shows only later otherwise: in texts that are refused, or in
/// statements that are cancelled.
enum SessionCheck {
    /// What a session is.
    enum Kind: Sendable {
        /// The connection's alone, and set up by startup options.
        case own
        /// A pooler's in transaction mode: another one in each transaction.
        case pooled
        /// The connection's alone, which ``LineMachine`` makes sure of.
        case listening
    }

    /// A setting that is known only to sessions that were given our startup options.
    static let mark = "replyhq.session"

    /// Expressions that mend settings which the startup options cannot name: one is known to newer servers only, and of
    /// the other only one value is wrong, with which a commit is acknowledged before it is durable.
    static func corrections(isLocal: Bool) -> [String] {
        [
            """
            CASE WHEN current_setting('server_version_num')::integer >= 170000
                THEN set_config('transaction_timeout', '0', \(isLocal)) END
            """,
            """
            CASE WHEN current_setting('synchronous_commit') = 'off'
                THEN set_config('synchronous_commit', 'on', \(isLocal)) END
            """,
        ]
    }

    /// What to ask. Its answer is for ``problem(in:of:)``.
    static func statement(for kind: Kind) -> String {
        let facts = [
            "current_setting('server_encoding')", "current_setting('client_encoding')",
            "current_setting('\(mark)', true)", "current_setting('default_transaction_isolation')",
        ]
        // Behind a pooler they would stay with the session, which others use next.
        return "SELECT " + (facts + (kind == .pooled ? [] : corrections(isLocal: false))).joined(separator: ", ")
    }

    /// Why the session cannot be used, with what to do about it; nil: it can.
    static func problem(in row: [String?], of kind: Kind) -> String? {
        guard row.count >= 4 else { return "the server does not say how the session is set up" }
        if let encoding = row[0], encoding != "UTF8" {
            return "its encoding is \(encoding), which cannot keep every text; it must be UTF8: "
                + "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
        }
        if let encoding = row[1], encoding != "UTF8" {
            return "the session's client_encoding is \(encoding), though UTF8 was asked for"
        }
        if kind == .pooled {
            // A transaction that begins with another level cannot be changed any more by what comes with it.
            guard row[3] != "read committed" else { return nil }
            return "the role's default_transaction_isolation is \(row[3] ?? ""), which behind a pooler has to be "
                + "\"read committed\": ALTER ROLE … SET default_transaction_isolation = 'read committed'"
        }
        guard kind == .own, row[2] != "1" else { return nil }
        return "the settings of the session have not reached the server; \(poolerAdvice)"
    }

    /// Adds to the words of a pooler that refuses our startup options what to do.
    static func explained(_ message: String) -> String {
        message.contains("unsupported startup parameter") ? "\(message); \(poolerAdvice)" : message
    }

    private static let poolerAdvice =
        "if a pooler such as PgBouncer is between, set `prepared_statements: false` or add ?pgbouncer=true to the URL"
}
