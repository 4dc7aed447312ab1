/// How libpq reaches the server: its connection keywords, and what each of our sessions is set to.
public struct ConnectionOptions: Sendable {
    /// What a connection is for.
    enum Role: Sendable {
        case write, read
        /// Listening to notifications and sending them: one session for as long as it lasts.
        case listen
        /// Schema work, which may take hours: without time limits.
        case schema
    }

    /// libpq's keywords with their values (libpq documentation, 34.1.2); none comes twice.
    private(set) var keywords: [(name: String, value: String)] = []
    /// The schema all tables are in; nil leaves the server's `search_path`.
    var searchPath: String?
    /// How long one statement may run on the server.
    var statementTimeout: Duration = .seconds(10)
    /// Whether startup options may be sent. A transaction-mode pooler refuses them.
    var sendsSessionOptions = true

    /// The value of a keyword, or nil when none is stated.
    subscript(keyword: String) -> String? {
        get { keywords.first { $0.name == keyword }?.value }
        set {
            keywords.removeAll { $0.name == keyword }
            if let newValue { keywords.append((keyword, newValue)) }
        }
    }

    /// The hosts, ports and database, for logs.
    var summary: String {
        let hosts = self["host"] ?? self["hostaddr"] ?? "local socket"
        let port = self["port"].map { ":\($0)" } ?? ""
        let database = self["dbname"].map { "/\($0)" } ?? ""
        return hosts + port + database
    }

    /// All keywords of a connection for that purpose, to be handed to libpq as they are.
    func keywords(for role: Role) -> [(name: String, value: String)] {
        var all = self
        all["client_encoding"] = "UTF8"
        // Both so that a dead peer is found within a minute, unless the operator knows better.
        for (name, value) in [("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3")] {
            all[name] = all[name] ?? value
        }
        all["fallback_application_name"] =
            all["fallback_application_name"] ?? (role == .listen ? "replyhq bus" : "replyhq")
        // A replica lags, and whoever has written must find it.
        all["target_session_attrs"] = all["target_session_attrs"] ?? "read-write"
        if sendsSessionOptions {
            // Ours first: of two settings the last one counts.
            all["options"] = [sessionOptions(for: role), all["options"]].compactMap(\.self).joined(separator: " ")
        }
        return all.keywords
    }

    /// Without bitmap scans, because plans are made once for conversations of every length: for the average one it is
    /// as cheap to read all of its messages and sort them as to follow an index, and for a long one it is not.
    private func sessionOptions(for role: Role) -> String {
        var settings = [
            "datestyle=ISO", "timezone=UTC",
            // The store locks what it then reads; a snapshot from before the lock would miss what it waited for.
            "default_transaction_isolation=read\\ committed",
            // Limits of the role or the database would cancel schema work and end connections that are kept.
            "lock_timeout=0", "idle_session_timeout=0",
            // Tells whether all of this has arrived: see SessionCheck.
            "\(SessionCheck.mark)=1",
            "tcp_keepalives_idle=30", "tcp_keepalives_interval=10", "tcp_keepalives_count=3",
        ]
        if let searchPath { settings.append("search_path=\(searchPath)") }
        if role == .schema {
            // Who is shown only a part of the rows must hear so, and not take them for all.
            settings.append("row_security=off")
            settings += ["statement_timeout=0", "idle_in_transaction_session_timeout=0"]
        } else {
            settings.append("statement_timeout=\(statementTimeoutText)")
            settings.append("idle_in_transaction_session_timeout=30000")
            settings.append("enable_bitmapscan=off")
            // Notifications that a frozen process does not take would be kept for all: the server lets go of it.
            if role == .listen { settings.append("tcp_user_timeout=30000") }
        }
        return settings.map { "-c \($0)" }.joined(separator: " ")
    }

    /// Milliseconds, as the server reads a bare number.
    private var statementTimeoutText: String {
        String(max(1, Int(statementTimeout / .milliseconds(1))))
    }

    /// What every transaction begins with when the session cannot be set up: behind a pooler the next transaction may
    /// find itself in another session, and a setting of the session would stay there for others.
    var preamble: Step? {
        if sendsSessionOptions { return nil }
        let settings =
            "set_config('statement_timeout', $1, true), set_config('lock_timeout', '0', true), "
            + "set_config('idle_in_transaction_session_timeout', '30000', true), "
            + "set_config('datestyle', 'ISO', true), set_config('timezone', 'UTC', true), "
            + "set_config('enable_bitmapscan', 'off', true), "
            + SessionCheck.corrections(isLocal: true).joined(separator: ", ")
        let timeout = SQLValue.text(statementTimeoutText)
        guard let searchPath else { return Step(Statement("preamble", "SELECT \(settings)"), timeout) }
        let statement = Statement("preamble", "SELECT \(settings), set_config('search_path', $2, true)")
        return Step(statement, timeout, .text(searchPath))
    }

    /// The same for schema work; nil if the session is set up.
    var schemaPreamble: String? {
        if sendsSessionOptions { return nil }
        var settings = [
            "statement_timeout": "0", "lock_timeout": "0", "idle_in_transaction_session_timeout": "0",
            "datestyle": "ISO", "timezone": "UTC", "row_security": "off",
        ]
        settings["search_path"] = searchPath
        let list = settings.sorted { $0.key < $1.key }.map { "set_config('\($0.key)', '\($0.value)', true)" }
        return "SELECT " + (list + SessionCheck.corrections(isLocal: true)).joined(separator: ", ")
    }
}

/// Holds a password, so that printing it in passing shows where it leads and nothing else.
extension ConnectionOptions: CustomStringConvertible, CustomReflectable {
    public var description: String { summary }

    /// A mirror without children, because `dump` and string reflection walk stored properties.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
