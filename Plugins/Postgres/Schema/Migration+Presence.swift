extension Migration {
    /// Who is online over several nodes. Leases last for a minute and are written anew after a crash, so that nothing of
    /// them need be in the write-ahead log; a replica has none. Only one column of a lease changes, and no index holds it,
    /// so that renewing one changes its page alone. The rows hold ids and belong to no app's data: there is no policy
    /// on them, hence not the name `app_id`.
    static let presence = Migration(
        version: 3,
        name: "presence",
        statements: [
            """
            CREATE UNLOGGED TABLE presence_leases (
                app text COLLATE "C" NOT NULL,
                device text COLLATE "C" NOT NULL,
                node text COLLATE "C" NOT NULL,
                connection text COLLATE "C" NOT NULL,
                connected_at bigint NOT NULL,
                expires_at timestamptz NOT NULL,
                PRIMARY KEY (app, device, node, connection)
            ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05)
            """,
            """
            CREATE UNLOGGED TABLE presence_shown (
                app text COLLATE "C" NOT NULL,
                device text COLLATE "C" NOT NULL,
                PRIMARY KEY (app, device)
            )
            """,
        ],
        locks: "Makes new tables only, so there is nothing that it could lock.",
        isTransactional: true
    )
}
