import PluginAPI

/// Brings a database to the newest schema, or says why that cannot be done.
struct Migrator {
    let path: String
    var migrations = Migration.all

    func migrate(_ connection: Connection) throws {
        try requireOwnDatabase(connection)
        for migration in migrations {
            // One transaction per step, and the lock before the look: another process may be starting too.
            try connection.run("BEGIN IMMEDIATE")
            do {
                try connection.run(Self.history)
                let applied = try appliedMigrations(connection)
                try verify(applied)
                if !applied.contains(where: { $0.version == migration.version }) {
                    try apply(migration, connection)
                }
                try connection.run("COMMIT")
            } catch {
                if connection.isInsideTransaction { _ = try? connection.run("ROLLBACK") }
                throw error
            }
        }
    }

    private struct Applied {
        var version: Int64
        var checksum: String
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

    private func appliedMigrations(_ connection: Connection) throws -> [Applied] {
        try connection.all("SELECT version, checksum FROM schema_migrations ORDER BY version") {
            Applied(version: $0.integer(0), checksum: $0.text(1))
        }
    }

    private func verify(_ applied: [Applied]) throws {
        for step in applied {
            guard let known = migrations.first(where: { $0.version == step.version }) else {
                let newest = migrations.last?.version ?? 0
                let problem = "has schema version \(step.version), this server knows up to \(newest)"
                throw StoreStartError(path, problem + "; use a newer server")
            }
            guard known.checksum == step.checksum else {
                let problem = "took a different schema step \(step.version) (\(known.name)) than this server's"
                throw StoreStartError(path, problem)
            }
        }
    }

    /// Tables without our history belong to somebody else.
    private func requireOwnDatabase(_ connection: Connection) throws {
        let tables = try connection.all("SELECT name FROM sqlite_schema WHERE type = 'table'") { $0.text(0) }
        if !tables.isEmpty, !tables.contains("schema_migrations") {
            throw StoreStartError(path, "belongs to another program; name another file under `path`")
        }
    }
}
