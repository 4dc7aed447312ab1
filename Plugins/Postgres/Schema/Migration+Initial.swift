extension Migration {
    /// The first schema: the reference's tables and columns with what this product adds. Instants are UTC in whole
    /// milliseconds. Whatever is indexed sorts by bytes (`COLLATE "C"`), so that no update of the system's collations
    /// can break an index.
    static let initial = Migration(
        version: 1,
        name: "initial",
        statements: [apps, conversations] + conversationIndexes + [messages] + messageIndexes
            + [devices] + deviceIndexes + [events] + eventIndexes,
        locks: "Makes new tables only, so there is nothing that it could lock.",
        isTransactional: true
    )

    private static let apps = """
        CREATE TABLE apps (
            id text COLLATE "C" NOT NULL PRIMARY KEY,
            name text NOT NULL,
            api_key text,
            api_key_hash text NOT NULL,
            previous_key_hash text,
            previous_key_expires_at timestamp(3),
            settings jsonb NOT NULL DEFAULT '{}',
            created_at timestamp(3) NOT NULL DEFAULT timezone('UTC', now()),
            updated_at timestamp(3) NOT NULL DEFAULT timezone('UTC', now()),
            CONSTRAINT apps_previous_key CHECK ((previous_key_hash IS NULL) = (previous_key_expires_at IS NULL))
        )
        """

    private static let conversations = """
        CREATE TABLE conversations (
            id text COLLATE "C" NOT NULL PRIMARY KEY,
            visitor_id text COLLATE "C" NOT NULL,
            status text NOT NULL DEFAULT 'open',
            metadata jsonb NOT NULL DEFAULT '{}',
            app_id text COLLATE "C" NOT NULL REFERENCES apps (id),
            device_id text COLLATE "C" NOT NULL,
            user_id text COLLATE "C",
            created_at timestamp(3) NOT NULL DEFAULT timezone('UTC', now()),
            updated_at timestamp(3) NOT NULL,
            last_message_at timestamp(3),
            last_sequence bigint NOT NULL DEFAULT 0,
            superseded_by text COLLATE "C",
            CONSTRAINT conversations_status_word CHECK (status IN ('open', 'resolved'))
        )
        """

    // Of one identity there is one row; those that gave way to it, in a database that was taken over, are told apart by
    // their ids. All rows are in it, so it also finds a device's.
    private static let conversationIndexes = [
        """
        CREATE UNIQUE INDEX conversations_identity ON conversations
            (app_id, device_id, coalesce(user_id, ''), (CASE WHEN superseded_by IS NULL THEN '' ELSE id END))
        """,
        "CREATE INDEX conversations_recent ON conversations (app_id, updated_at DESC, id DESC)",
        "CREATE INDEX conversations_user ON conversations (app_id, user_id) WHERE user_id IS NOT NULL",
        "CREATE INDEX conversations_status ON conversations (app_id, status)",
    ]

    // One counter for all messages, so that numbers grow over all conversations; its name is the one `serial` gives.
    private static let messages = """
        CREATE TABLE messages (
            id text COLLATE "C" NOT NULL PRIMARY KEY,
            local_id text COLLATE "C" NOT NULL,
            body text NOT NULL,
            sender text NOT NULL,
            status text NOT NULL DEFAULT 'SENT',
            sequence bigserial NOT NULL,
            created_at timestamp(3) NOT NULL DEFAULT timezone('UTC', now()),
            delivered_at timestamp(3),
            read_at timestamp(3),
            conversation_id text COLLATE "C" NOT NULL REFERENCES conversations (id),
            app_id text COLLATE "C" NOT NULL,
            CONSTRAINT messages_sender_word CHECK (sender IN ('user', 'agent', 'system')),
            CONSTRAINT messages_status_word
                CHECK (status IN ('QUEUED', 'SENDING', 'SENT', 'DELIVERED', 'READ', 'FAILED'))
        )
        """

    private static let messageIndexes = [
        "CREATE UNIQUE INDEX messages_local_id ON messages (conversation_id, local_id)",
        "CREATE UNIQUE INDEX messages_sequence ON messages (conversation_id, sequence)",
        "CREATE INDEX messages_created ON messages (conversation_id, created_at, sequence)",
        """
        CREATE INDEX messages_unread ON messages (conversation_id, sequence)
            WHERE sender <> 'user' AND status <> 'READ'
        """,
    ]

    private static let devices = """
        CREATE TABLE devices (
            id text COLLATE "C" NOT NULL PRIMARY KEY DEFAULT gen_random_uuid()::text,
            device_id text COLLATE "C" NOT NULL,
            user_id text COLLATE "C",
            push_token text COLLATE "C",
            push_token_provider text,
            push_token_updated_at timestamp(3),
            platform text NOT NULL DEFAULT 'unknown',
            app_id text COLLATE "C" NOT NULL REFERENCES apps (id),
            created_at timestamp(3) NOT NULL DEFAULT timezone('UTC', now()),
            updated_at timestamp(3) NOT NULL,
            last_seen_at timestamp(3),
            CONSTRAINT devices_provider_word CHECK (push_token_provider IN ('fcm', 'apns')),
            CONSTRAINT devices_platform_word CHECK (platform IN ('android', 'ios', 'web', 'desktop', 'unknown'))
        )
        """

    private static let deviceIndexes = [
        "CREATE UNIQUE INDEX devices_identity ON devices (app_id, device_id)",
        "CREATE UNIQUE INDEX devices_push_token ON devices (app_id, push_token) WHERE push_token IS NOT NULL",
        "CREATE INDEX devices_user ON devices (app_id, user_id) WHERE user_id IS NOT NULL",
    ]

    private static let events = """
        CREATE TABLE events (
            id bigserial NOT NULL PRIMARY KEY,
            user_id text COLLATE "C" NOT NULL,
            app_id text COLLATE "C" NOT NULL REFERENCES apps (id),
            device_id text COLLATE "C",
            event_name text NOT NULL,
            event_timestamp timestamp(3) NOT NULL,
            properties jsonb NOT NULL DEFAULT '{}',
            user_plan text,
            user_country text,
            session_id text,
            platform text,
            app_version text
        )
        """

    private static let eventIndexes = ["CREATE INDEX events_time ON events (app_id, event_timestamp)"]
}
