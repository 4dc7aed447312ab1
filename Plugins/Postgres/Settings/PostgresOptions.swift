import PluginAPI

/// How the database is reached and used.
public struct PostgresOptions: Sendable {
    /// How libpq reaches the server.
    public var connection: ConnectionOptions
    /// How many connections write, 1…4.
    public var writeConnections = 2
    /// How many connections read, 1…8.
    public var readConnections = 2
    /// How long a write or read may wait before it is sent, 100 ms…60 s.
    public var queueTimeout: Duration = .seconds(5)
    /// How many writes, and as many reads, may wait, 1…1,000,000.
    public var queueLimit = 10_000
    /// Whether statements are prepared once per connection; off behind a transaction-mode pooler.
    public var preparesStatements = true
    /// Whether the database itself keeps apps apart: every request names its app to the policies on the tables.
    public var hasRowSecurity = false
    /// Physical replicas that lists and pages of messages may be read from.
    public var replicas: [ConnectionOptions] = []
    /// How far a replica may be behind and still be asked, 10 ms…60 s.
    public var replicaLagLimit: Duration = .milliseconds(250)
    /// Where notifications are listened for, if not over ``connection``; nil: the same.
    public var listening: ConnectionOptions?
    /// What is done about a schema that is not up to date; nil: as the environment suggests.
    public var migration: MigrationPolicy?

    public init(connection: ConnectionOptions) {
        self.connection = connection
    }

    /// What each connection is to do about a server that does not answer; bounds each host's attempt.
    var connectTimeout: Duration { .seconds(connection["connect_timeout"].flatMap { Int($0) } ?? 5) }
}

/// Whether serving brings the schema up to date.
public enum MigrationPolicy: String, Sendable, CaseIterable {
    /// Pending steps are applied before the store opens.
    case auto
    /// Pending steps keep the store from opening; `replyhq migrate apply` does them.
    case manual
}

enum SSLMode: String, CaseIterable {
    case disable, allow, prefer, require
    case verifyCA = "verify-ca"
    case verifyFull = "verify-full"
}

enum SessionAttributes: String, CaseIterable {
    case any, primary, standby
    case readWrite = "read-write"
    case readOnly = "read-only"
    case preferStandby = "prefer-standby"
}
