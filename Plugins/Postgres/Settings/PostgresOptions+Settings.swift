import PluginAPI

extension PostgresOptions {
    /// Each setting of its own that is simply one of libpq's keywords.
    private static let keywords = [
        ("host", "host"), ("port", "port"), ("database", "dbname"), ("user", "user"), ("sslrootcert", "sslrootcert"),
        ("sslcert", "sslcert"), ("sslkey", "sslkey"),
    ]

    init(_ settings: Settings) throws(SettingsError) {
        var url: ConnectionURL?
        if let text = try settings.optionalSecret("url") {
            do throws(ConnectionURL.Refusal) {
                url = try ConnectionURL(text.reveal())
            } catch {
                throw settings.error("url", error.problem)
            }
        }
        self.init(connection: url?.options ?? ConnectionOptions())
        for (name, keyword) in Self.keywords {
            if let value = try settings.optionalString(name) { connection[keyword] = value }
        }
        if let password = try settings.optionalSecret("password") { connection["password"] = password.reveal() }
        try readConnection(settings)
        if url == nil, !settings.isSet("host") {
            throw settings.error("url", "required, but not set (or else host): which server holds the data")
        }

        writeConnections = try settings.int("write_connections")
        readConnections = try settings.int("read_connections")
        queueTimeout = try settings.duration("queue_timeout")
        queueLimit = try settings.int("queue_limit")
        preparesStatements = try settings.bool("prepared_statements")
        if url?.namesPooler ?? false, !settings.isSet("prepared_statements") { preparesStatements = false }
        connection.sendsSessionOptions = preparesStatements
        hasRowSecurity = try settings.bool("row_level_security")
        replicas = try Self.replicas(settings, of: connection)
        listening = try Self.listening(settings, of: connection)
        replicaLagLimit = try settings.duration("replica_lag_limit")
        if settings.isSet("migrate") { migration = try settings.enumeration("migrate") }
    }

    private mutating func readConnection(_ settings: Settings) throws(SettingsError) {
        if settings.isSet("sslmode") {
            connection["sslmode"] = try settings.enumeration("sslmode", as: SSLMode.self).rawValue
        }
        if settings.isSet("target_session_attrs") || connection["target_session_attrs"] == nil {
            let wanted = try settings.enumeration("target_session_attrs", as: SessionAttributes.self)
            connection["target_session_attrs"] = wanted.rawValue
        }
        if settings.isSet("connect_timeout") || connection["connect_timeout"] == nil {
            let timeout = try settings.duration("connect_timeout")
            connection["connect_timeout"] = String(timeout.wholeSecondsRoundedUp)
        }
        connection.statementTimeout = try settings.duration("statement_timeout")

        if let schema = try settings.optionalString("schema") { connection.searchPath = schema }
        if let schema = connection.searchPath, !Self.isPlainName(schema) {
            let place = settings.isSet("schema") ? "schema" : "url"
            throw settings.error(place, "the schema's name must be of letters, digits and _, not \"\(schema)\"")
        }
        let ports = connection["port"].map { $0.split(separator: ",") } ?? []
        if ports.contains(where: { UInt16($0) == nil }) {
            throw settings.error("port", "expected port numbers, got \"\(ports.joined(separator: ","))\"")
        }
    }

    /// A name that needs no quotes and stands for itself in startup options.
    private static func isPlainName(_ name: String) -> Bool {
        let letters = name.unicodeScalars
        guard let first = letters.first, !("0"..."9").contains(first) else { return false }
        return letters.allSatisfy { letter in
            letter == "_" || ("0"..."9").contains(letter) || ("a"..."z").contains(letter)
                || ("A"..."Z").contains(letter)
        }
    }
}
