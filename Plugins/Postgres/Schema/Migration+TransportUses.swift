extension Migration {
    /// Which devices were connected how: one row for each day, counted from 1970-01-01.
    static let transportUses = Migration(
        version: 4,
        name: "transport uses",
        statements: [
            """
            CREATE TABLE transport_uses (
                app_id text COLLATE "C" NOT NULL REFERENCES apps (id),
                day bigint NOT NULL,
                device_id text COLLATE "C" NOT NULL,
                transport text COLLATE "C" NOT NULL,
                protocol text COLLATE "C" NOT NULL,
                sdk_version text COLLATE "C" NOT NULL,
                platform text COLLATE "C" NOT NULL,
                last_seen_at timestamp(3) NOT NULL,
                PRIMARY KEY (app_id, day, device_id, transport)
            )
            """
        ],
        locks: "Makes a new table only; apps cannot be changed for the moment in which it is made to refer to them.",
        isTransactional: true
    )
}
