extension Migration {
    /// The first schema. Instants are whole milliseconds, JSON is text, ids are opaque text.
    static let initial = Migration(
        version: 1,
        name: "initial",
        statements: """
            CREATE TABLE apps (
                id TEXT NOT NULL PRIMARY KEY,
                name TEXT NOT NULL,
                api_key_hash TEXT NOT NULL,
                previous_key_hash TEXT,
                previous_key_expires_at INTEGER,
                settings TEXT NOT NULL DEFAULT '{}',
                created_at INTEGER NOT NULL,
                updated_at INTEGER NOT NULL,
                CHECK ((previous_key_hash IS NULL) = (previous_key_expires_at IS NULL))
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE conversations (
                id TEXT NOT NULL PRIMARY KEY,
                visitor_id TEXT NOT NULL,
                app_id TEXT NOT NULL REFERENCES apps (id),
                device_id TEXT NOT NULL,
                user_id TEXT,
                status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'resolved')),
                metadata TEXT NOT NULL DEFAULT '{}',
                created_at INTEGER NOT NULL,
                updated_at INTEGER NOT NULL,
                last_message_at INTEGER,
                last_sequence INTEGER NOT NULL DEFAULT 0
            ) STRICT, WITHOUT ROWID;

            CREATE UNIQUE INDEX conversations_identity
                ON conversations (app_id, device_id, coalesce(user_id, ''));
            CREATE INDEX conversations_recent ON conversations (app_id, updated_at DESC, id DESC);
            CREATE INDEX conversations_user ON conversations (app_id, user_id) WHERE user_id IS NOT NULL;
            CREATE INDEX conversations_status ON conversations (app_id, status);

            -- Clustered by conversation: a page of messages is a run of neighbours.
            CREATE TABLE messages (
                id TEXT NOT NULL,
                local_id TEXT NOT NULL,
                conversation_id TEXT NOT NULL REFERENCES conversations (id),
                app_id TEXT NOT NULL,
                body TEXT NOT NULL,
                sender TEXT NOT NULL CHECK (sender IN ('user', 'agent', 'system')),
                status TEXT NOT NULL DEFAULT 'SENT'
                    CHECK (status IN ('QUEUED', 'SENDING', 'SENT', 'DELIVERED', 'READ', 'FAILED')),
                sequence INTEGER NOT NULL,
                created_at INTEGER NOT NULL,
                delivered_at INTEGER,
                read_at INTEGER,
                PRIMARY KEY (conversation_id, sequence)
            ) STRICT, WITHOUT ROWID;

            CREATE UNIQUE INDEX messages_id ON messages (id);
            CREATE UNIQUE INDEX messages_local_id ON messages (conversation_id, local_id);
            CREATE INDEX messages_created ON messages (conversation_id, created_at, sequence);
            CREATE INDEX messages_unread ON messages (conversation_id, sequence)
                WHERE sender <> 'user' AND status <> 'READ';

            -- One counter for all messages, so that numbers grow over all conversations and none is ever given twice.
            CREATE TABLE message_sequence (
                id INTEGER PRIMARY KEY CHECK (id = 1),
                value INTEGER NOT NULL
            ) STRICT;
            INSERT INTO message_sequence (id, value) VALUES (1, 0);

            CREATE TABLE devices (
                app_id TEXT NOT NULL REFERENCES apps (id),
                device_id TEXT NOT NULL,
                user_id TEXT,
                push_token TEXT,
                push_token_provider TEXT CHECK (push_token_provider IN ('fcm', 'apns')),
                push_token_updated_at INTEGER,
                platform TEXT NOT NULL DEFAULT 'unknown'
                    CHECK (platform IN ('android', 'ios', 'web', 'desktop', 'unknown')),
                created_at INTEGER NOT NULL,
                updated_at INTEGER NOT NULL,
                last_seen_at INTEGER NOT NULL,
                PRIMARY KEY (app_id, device_id)
            ) STRICT, WITHOUT ROWID;

            CREATE UNIQUE INDEX devices_push_token ON devices (app_id, push_token) WHERE push_token IS NOT NULL;
            CREATE INDEX devices_user ON devices (app_id, user_id) WHERE user_id IS NOT NULL;

            CREATE TABLE events (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                app_id TEXT NOT NULL REFERENCES apps (id),
                device_id TEXT NOT NULL,
                user_id TEXT NOT NULL,
                event_name TEXT NOT NULL,
                event_timestamp INTEGER NOT NULL,
                properties TEXT NOT NULL DEFAULT '{}',
                user_plan TEXT,
                user_country TEXT,
                session_id TEXT NOT NULL,
                platform TEXT,
                app_version TEXT
            ) STRICT;

            CREATE INDEX events_time ON events (app_id, event_timestamp);
            """
    )
}
