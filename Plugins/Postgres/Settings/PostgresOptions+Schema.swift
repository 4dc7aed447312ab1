import PluginAPI

extension PostgresOptions {
    static let schema: SettingsSchema = [
        .secret("url", "postgres://user:password@host:port/database, or libpq's keyword=value pairs."),
        .string("host", "The server's name, address or socket folder; several with commas are tried in turn."),
        .string("port", "The server's port; one for all hosts, or one for each with commas."),
        .string("database", "The database's name."),
        .string("user", "The role to connect as."),
        .secret("password", "The role's password."),
        .string("schema", "The schema all tables are in; without it the role's search_path decides."),
        .choice("sslmode", of: SSLMode.self, "How much TLS: verify-full also checks the server's name."),
        .string("sslrootcert", "The file with the certificates that the server's must be signed by."),
        .string("sslcert", "The file with the client's certificate."),
        .string("sslkey", "The file with the client's private key; nobody else may read it."),
        .choice(
            "target_session_attrs", of: SessionAttributes.self, default: .readWrite,
            "Which of several hosts will do: the first that is so."),
        .integer("write_connections", default: 2, in: 1...4, "How many connections write; each batches what waits."),
        .integer("read_connections", default: 2, in: 1...8, "How many connections read."),
        .duration(
            "connect_timeout", default: .seconds(5), in: .seconds(2) ... .seconds(60),
            "How long a host may take to answer a new connection; whole seconds."),
        .duration(
            "statement_timeout", default: .seconds(10), in: .milliseconds(100) ... .seconds(600),
            "How long one statement may run."),
        .duration(
            "queue_timeout", default: .seconds(5), in: .milliseconds(100) ... .seconds(60),
            "How long a write or read may wait before it is sent."),
        .integer(
            "queue_limit", default: 10_000, in: 1...1_000_000,
            "How many writes, and as many reads, may wait; beyond it callers hear that the store is busy."),
        .boolean("prepared_statements", default: true, "Off behind a pooler in transaction mode."),
        .boolean(
            "row_level_security", default: false,
            "The database itself keeps apps apart; the server's role must not be the owner of the tables."),
        SettingKey(
            "replicas", .stringList, secret: true,
            "URLs of physical replicas that lists and messages are read from; what a URL leaves out is as above."),
        .secret(
            "listen_url",
            "With topology postgres and a pooler in url: the server's own address, which LISTEN needs; what it leaves out "
                + "is as above."),
        .duration(
            "replica_lag_limit", default: .milliseconds(250), in: .milliseconds(10) ... .seconds(60),
            "How long a read waits for a replica to have what the server has; one further behind is not asked."),
        .choice(
            "migrate", of: MigrationPolicy.self,
            "auto applies pending schema steps at the start, manual refuses to start; default: auto in development."),
    ]
}
