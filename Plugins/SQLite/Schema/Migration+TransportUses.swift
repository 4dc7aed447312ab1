extension Migration {
    /// Which devices were connected how: one row for each day, counted from 1970-01-01.
    static let transportUses = Migration(
        version: 4,
        name: "transport uses",
        statements: """
            CREATE TABLE transport_uses (
                app_id TEXT NOT NULL REFERENCES apps (id),
                day INTEGER NOT NULL,
                device_id TEXT NOT NULL,
                transport TEXT NOT NULL,
                protocol TEXT NOT NULL,
                sdk_version TEXT NOT NULL,
                platform TEXT NOT NULL,
                last_seen_at INTEGER NOT NULL,
                PRIMARY KEY (app_id, day, device_id, transport)
            ) STRICT, WITHOUT ROWID;
            """
    )
}
