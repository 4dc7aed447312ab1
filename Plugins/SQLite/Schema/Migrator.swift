import PluginAPI

/// Brings a database to the newest schema, or says why that cannot be done.
struct Migrator {
    let path: String
    var migrations = Migration.all
    var progress: (SchemaProgress) -> Void = { _ in }

    func migrate(_ connection: Connection) throws {
        try requireOwnDatabase(connection)
        for migration in migrations {
            // One transaction per step, and the lock before the look: another process may be starting too.
            try connection.run("BEGIN IMMEDIATE")
            do {
                try connection.run(Self.history)
                let isPending = try !taken(connection).contains { $0.version == migration.version }
                let began = ContinuousClock.now
                if isPending {
                    progress(.began(migration.step))
                    try apply(migration, connection)
                }
                try connection.run("COMMIT")
                if isPending { progress(.finished(migration.step, after: ContinuousClock.now - began)) }
            } catch {
                if connection.isInsideTransaction { _ = try? connection.run("ROLLBACK") }
                throw error
            }
        }
    }

    /// The steps that the database has taken, in order; none if it is empty.
    ///
    /// - Throws: ``StoreStartError`` if it is another program's, or took other steps than this server's.
    func applied(_ connection: Connection) throws -> [AppliedSchemaStep] {
        try requireOwnDatabase(connection) ? try taken(connection) : []
    }

    private static let history = """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            version INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            checksum TEXT NOT NULL,
            applied_at INTEGER NOT NULL
        ) STRICT
        """

    private func apply(_ migration: Migration, _ connection: Connection) throws {
        try connection.database.execute(sql: migration.statements)
        try connection.run(
            "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)",
            .integer(migration.version), .text(migration.name), .text(migration.checksum), .time(.now()))
    }

    private func taken(_ connection: Connection) throws -> [AppliedSchemaStep] {
        let sql = "SELECT version, name, checksum, applied_at FROM schema_migrations ORDER BY version"
        return try connection.all(sql) { row in
            try verify(row.integer(0), checksum: row.text(2))
            return AppliedSchemaStep(version: row.integer(0), name: row.text(1), appliedAt: row.time(3))
        }
    }

    private func verify(_ version: Int64, checksum: String) throws {
        guard let known = migrations.first(where: { $0.version == version }) else {
            let newest = migrations.last?.version ?? 0
            let problem = "has schema version \(version), this server knows up to \(newest)"
            throw StoreStartError(path, problem + "; use a newer server")
        }
        guard known.checksum == checksum else {
            let problem = "took a different schema step \(version) (\(known.name)) than this server's"
            throw StoreStartError(path, problem)
        }
    }

    /// Tables without our history belong to somebody else.
    ///
    /// - Returns: whether there is a history.
    @discardableResult
    private func requireOwnDatabase(_ connection: Connection) throws -> Bool {
        let tables = try connection.all("SELECT name FROM sqlite_schema WHERE type = 'table'") { $0.text(0) }
        if tables.contains("schema_migrations") { return true }
        if tables.isEmpty { return false }
        throw StoreStartError(path, "belongs to another program; name another file under `path`")
    }
}
