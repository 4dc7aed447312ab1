import PluginAPI

/// Opens a database as an archive.
struct ArchiveOpening: Sendable {
    /// "ReplyArc" in ASCII: the advisory lock that one copy at a time holds on its target.
    private static let lock: Int64 = 0x52_65_70_6C_79_41_72_63
    /// How our own session is called in `pg_stat_activity`, so that it is not taken for a server's.
    private static let name = "replyhq db copy"
    /// The server notices only after a statement that the copy before this one was killed.
    private static let patience: Duration = .seconds(30)
    private static let pause: Duration = .milliseconds(200)

    let options: ConnectionOptions
    let purpose: ArchivePurpose

    private var place: String { "PostgreSQL database \(options.summary)" }

    func unusable(_ problem: String) -> ArchiveError { ArchiveError(.unusable, "\(place): \(problem)") }

    /// Blocks. Throws ``ArchiveError`` or ``SchemaError``.
    func open() throws -> PostgresArchive {
        var options = options
        options["application_name"] = Self.name
        // A standby can be read.
        if purpose == .reading { options["target_session_attrs"] = options["target_session_attrs"] ?? "any" }
        options["connect_timeout"] = options["connect_timeout"] ?? "5"
        let session = try SchemaConnection(options)
        try requireSchema(session)
        switch purpose {
        case .reading:
            try requireNoDuplicates(session)
            try session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        case .writing:
            try acquireLock(session)
        }
        try requireNoServer(session)
        return PostgresArchive(session: session, place: place)
    }

    private func requireSchema(_ session: SchemaConnection) throws {
        let state = try SchemaState.read(session)
        let migrate = "run `replyhq migrate apply` with it first, such as: DATABASE_URL=<its URL> replyhq migrate apply"
        switch state {
        case .empty: throw unusable("it has no schema yet; \(migrate)")
        case .reference, .adopting: throw unusable("\(state) \(migrate)")
        case .foreign: throw unusable("\(state)")
        case .ours: break
        }
        guard try Migrator(connection: session).pending().isEmpty else {
            throw unusable("its schema is not up to date; \(migrate)")
        }
        if purpose == .writing { try requireOwn(session) }
    }

    /// An old server's triggers and keys would stand in the way of rows that did not come through it.
    private func requireOwn(_ session: SchemaConnection) throws {
        guard let history = try AdoptionHistory.current(session), !history.isFinalized else { return }
        throw unusable("it is being taken over from another server, so nothing can be copied into it")
    }

    /// Conversations that a taken-over database holds twice have no place in any other.
    private func requireNoDuplicates(_ session: SchemaConnection) throws {
        let found = try session.query("SELECT id FROM conversations WHERE superseded_by IS NOT NULL LIMIT 1")
        guard let id = found.first?.first ?? nil else { return }
        throw unusable(
            "conversation \(id) and others are duplicates from before the database was taken over, which cannot be "
                + "copied")
    }

    private func acquireLock(_ session: SchemaConnection) throws {
        let deadline = ContinuousClock.now + Self.patience
        while try session.query("SELECT pg_try_advisory_lock(\(Self.lock))").first?.first != "t" {
            guard ContinuousClock.now < deadline else { throw unusable("another copy into it is under way") }
            DedicatedThread.pause(Self.pause)
        }
    }

    private func requireNoServer(_ session: SchemaConnection) throws {
        let found = try session.query(
            """
            SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'replyhq' AND pid <> pg_backend_pid() LIMIT 1
            """)
        guard let pid = found.first?.first ?? nil else { return }
        throw unusable("a server uses it (its session has the pid \(pid)); stop every server of it first")
    }
}
