extension Migration {
    /// Pushes that are still to be sent, and what became of the others. Without references: what they are about may go.
    static let pushOutbox = Migration(
        version: 5,
        name: "push outbox",
        statements: """
            CREATE TABLE push_outbox (
                message_id TEXT NOT NULL PRIMARY KEY,
                app_id TEXT NOT NULL,
                conversation_id TEXT NOT NULL,
                device_id TEXT NOT NULL,
                state TEXT NOT NULL DEFAULT 'waiting'
                    CHECK (state IN ('waiting', 'sent', 'merged', 'cancelled', 'failed')),
                created_at INTEGER NOT NULL,
                due_at INTEGER NOT NULL,
                expires_at INTEGER NOT NULL,
                lease TEXT,
                attempts INTEGER NOT NULL DEFAULT 0,
                first_attempt_at INTEGER,
                hold TEXT CHECK (hold IN ('online', 'quiet', 'cap', 'retry')),
                settled_at INTEGER,
                detail TEXT
            ) STRICT, WITHOUT ROWID;

            CREATE INDEX push_outbox_due ON push_outbox (due_at) WHERE state = 'waiting';
            CREATE INDEX push_outbox_device ON push_outbox (app_id, device_id, state);
            CREATE INDEX push_outbox_settled ON push_outbox (settled_at) WHERE settled_at IS NOT NULL;
            """
    )
}
