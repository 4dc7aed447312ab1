extension Migration {
    /// Which servers use the database, and how events travel between them. Small: a row for each process. The filler is
    /// written to find out whether there is room again after the disk was full.
    static let serverLeases = Migration(
        version: 6,
        name: "server leases",
        statements: [
            """
            CREATE TABLE server_leases (
                node text COLLATE "C" NOT NULL PRIMARY KEY,
                topology text NOT NULL,
                host text NOT NULL,
                pid bigint NOT NULL,
                process text NOT NULL,
                expires_at timestamptz NOT NULL,
                filler text
            ) WITH (fillfactor = 50)
            """
        ],
        locks: "Makes a new table only, so there is nothing that it could lock.",
        isTransactional: true
    )
}
