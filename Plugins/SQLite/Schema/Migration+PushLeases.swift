extension Migration {
    /// Pushes are appended instead of being put between others, and who holds which is a small table of its own: taking
    /// a row writes nothing to it, and settling it nothing to the index by device, which is the largest and has no two
    /// rows of a batch beside each other.
    ///
    /// What was held stays waiting until its lease would have ended.
    static let pushLeases = Migration(
        version: 7,
        name: "push leases",
        statements: """
            CREATE TABLE push_outbox_keyed (
                key INTEGER PRIMARY KEY,
                message_id TEXT NOT NULL,
                app_id TEXT NOT NULL,
                conversation_id TEXT NOT NULL,
                device_id TEXT NOT NULL,
                state TEXT NOT NULL DEFAULT 'waiting'
                    CHECK (state = 'waiting' OR state = 'sent' OR state = 'merged' OR state = 'cancelled'
                        OR state = 'failed'),
                created_at INTEGER NOT NULL,
                due_at INTEGER NOT NULL,
                expires_at INTEGER NOT NULL,
                attempts INTEGER NOT NULL DEFAULT 0,
                first_attempt_at INTEGER,
                hold TEXT CHECK (hold = 'online' OR hold = 'quiet' OR hold = 'cap' OR hold = 'retry'),
                settled_at INTEGER,
                detail TEXT
            ) STRICT;

            INSERT INTO push_outbox_keyed (
                message_id, app_id, conversation_id, device_id, state, created_at, due_at, expires_at, attempts,
                first_attempt_at, hold, settled_at, detail)
            SELECT message_id, app_id, conversation_id, device_id, state, created_at, due_at, expires_at, attempts,
                first_attempt_at, hold, settled_at, detail
            FROM push_outbox ORDER BY created_at, message_id;

            DROP TABLE push_outbox;
            ALTER TABLE push_outbox_keyed RENAME TO push_outbox;

            CREATE UNIQUE INDEX push_outbox_message ON push_outbox (message_id);
            CREATE INDEX push_outbox_due ON push_outbox (due_at) WHERE state = 'waiting';
            CREATE INDEX push_outbox_device ON push_outbox (app_id, device_id, expires_at);
            CREATE INDEX push_outbox_settled ON push_outbox (settled_at) WHERE settled_at IS NOT NULL;

            CREATE TABLE push_leases (
                key INTEGER PRIMARY KEY,
                lease TEXT NOT NULL,
                until INTEGER NOT NULL
            ) STRICT;
            """
    )
}
