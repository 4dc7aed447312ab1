import PluginAPI

/// Brings a database of ours, or an empty one, to the newest schema, or says why that cannot be done.
struct Migrator {
    let connection: SchemaConnection
    var migrations = Migration.all

    /// The steps that the database has taken, in order. Throws ``SchemaRefusal`` if it took others than this server's.
    func applied() throws -> [AppliedSchemaStep] {
        guard try connection.query("SELECT to_regclass('schema_migrations')").first?.first ?? nil != nil else {
            return []
        }
        let rows = try connection.query(
            """
            SELECT version, name, checksum, (extract(epoch FROM applied_at) * 1000)::bigint FROM schema_migrations
            ORDER BY version
            """)
        return try rows.map { row in
            guard let version = row[0].flatMap({ Int64($0) }), let time = row[3].flatMap({ Int64($0) }) else {
                throw SchemaRefusal("schema_migrations holds a row that cannot be read")
            }
            try verify(version, checksum: row[2])
            return AppliedSchemaStep(
                version: version, name: row[1] ?? "", appliedAt: Timestamp(milliseconds: time))
        }
    }

    /// The steps that the database has not taken and can take now, in order.
    func pending() throws -> [Migration] {
        let applied = Set(try applied().map(\.version))
        let isShared = try AdoptionHistory.current(connection).map { !$0.isFinalized } ?? false
        return migrations.filter { !applied.contains($0.version) && !($0.needsSoleServer && isShared) }
    }

    /// Takes the pending steps. A role that may only read and write rows finds an up-to-date schema and asks for nothing.
    ///
    /// The caller holds the ``SchemaLock``, unless a pooler is between.
    func migrate(_ runner: StepRunner) throws {
        for migration in try pending() {
            try runner.take(
                migration.step, if: { try !applied().contains { $0.version == migration.version } },
                record: { try record(migration) })
        }
    }

    /// Where the steps are noted. `applied_at` is UTC, as all instants are.
    static let history = """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            version bigint NOT NULL PRIMARY KEY,
            name text NOT NULL,
            checksum text NOT NULL,
            applied_at timestamp(3) NOT NULL DEFAULT timezone('UTC', now())
        )
        """

    /// Notes a step as taken.
    func record(_ migration: Migration) throws {
        try connection.execute(Self.history)
        _ = try connection.query(
            "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1::bigint, $2, $3)",
            ["\(migration.version)", migration.name, migration.checksum])
    }

    private func verify(_ version: Int64, checksum: String?) throws {
        guard let known = migrations.first(where: { $0.version == version }) else {
            let newest = migrations.last?.version ?? 0
            throw SchemaRefusal(
                "the database has schema version \(version), this server knows up to \(newest); use a newer server")
        }
        guard known.checksum == checksum else {
            throw SchemaRefusal("the database took a different step \(version) (\(known.name)) than this server's")
        }
    }
}

extension Migration {
    /// The step as reports show it.
    var step: SchemaStep {
        SchemaStep(
            name: "\(version) \(name)", locks: locks, statements: statements, isTransactional: isTransactional)
    }
}
