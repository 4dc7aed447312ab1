extension Adoption {
    /// Our indexes, beside the old server's; ``filling`` needs some of them.
    static let indexes: [AdoptionStep] = [
        .build("messages_sequence", on: "messages", "(conversation_id, sequence)", isUnique: true),
        .build("messages_local_id", on: "messages", "(conversation_id, local_id)", isUnique: true),
        .build("messages_created", on: "messages", "(conversation_id, created_at, sequence)"),
        .build(
            "messages_unread", on: "messages",
            "(conversation_id, sequence) WHERE sender <> 'user' AND status <> 'READ'"),
        .build("conversations_recent", on: "conversations", "(app_id, updated_at DESC, id DESC)"),
        .build("conversations_user", on: "conversations", "(app_id, user_id) WHERE user_id IS NOT NULL"),
        .build("conversations_status", on: "conversations", "(app_id, status)"),
        .build("devices_user", on: "devices", "(app_id, user_id) WHERE user_id IS NOT NULL"),
        // Not yet unique: two racing requests of the old server may store one token twice.
        .build("devices_push_token_lookup", on: "devices", "(app_id, push_token) WHERE push_token IS NOT NULL"),
    ]

    /// The app of messages that were there, before our indexes make writing them dearer.
    static func fillingApps(_ age: SchemaAge) -> [AdoptionStep] {
        if age == .rowSecurity { return [] }
        return [
            .fill(
                "messages-app", in: "messages", where: "app_id IS NULL",
                """
                UPDATE messages m SET app_id = c.app_id FROM part, conversations c
                WHERE m.id = part.id AND c.id = m.conversation_id
                """)
        ]
    }

    /// What else the rows that were there lack. The last message's time does not become the conversation's
    /// `updated_at`, which is the old server's column.
    static let filling: [AdoptionStep] = [
        .fill(
            "conversations-newest", in: "conversations", where: "last_sequence IS NULL",
            """
            UPDATE conversations c
            SET last_sequence = coalesce(newest.sequence, 0), last_message_at = newest.created_at
            FROM part LEFT JOIN LATERAL (
                SELECT m.sequence, m.created_at FROM messages m WHERE m.conversation_id = part.id
                ORDER BY m.sequence DESC LIMIT 1) newest ON true
            WHERE c.id = part.id
            """),
        .fill(
            "devices-seen", in: "devices", where: "last_seen_at IS NULL",
            "UPDATE devices d SET last_seen_at = d.updated_at FROM part WHERE d.id = part.id"),
        supersede,
        .build(
            "conversations_identity", on: "conversations",
            "(app_id, device_id, coalesce(user_id, ''), (CASE WHEN superseded_by IS NULL THEN '' ELSE id END))",
            isUnique: true),
    ]

    /// Of several conversations with one key, the newest stays and the others name it.
    private static let supersede = AdoptionStep(
        name: "fill-superseded",
        statements: [
            """
            DO $fill$
            DECLARE
                twice record;
            BEGIN
                FOR twice IN
                    SELECT app_id, device_id, coalesce(user_id, '') AS person FROM conversations
                    WHERE superseded_by IS NULL GROUP BY 1, 2, 3 HAVING count(*) > 1
                LOOP
                    PERFORM replyhq_identity_lock(twice.app_id, twice.device_id, twice.person);
                    WITH same AS (
                        SELECT id, first_value(id) OVER (ORDER BY updated_at DESC, id DESC) AS newest
                        FROM conversations
                        WHERE app_id = twice.app_id AND device_id = twice.device_id
                            AND coalesce(user_id, '') = twice.person AND superseded_by IS NULL)
                    UPDATE conversations c SET superseded_by = same.newest FROM same
                    WHERE c.id = same.id AND c.id <> same.newest;
                    COMMIT;
                END LOOP;
            END $fill$
            """
        ],
        locks: "Reads conversations once; locks the rows of one device at a time while it writes them.",
        isTransactional: false, lockTimeout: 0)

    /// What all rows keep from here on. The old server writes no other words.
    static func conditions(_ age: SchemaAge) -> [AdoptionStep] {
        let app = AdoptionStep.check("messages_app_known", on: "messages", "app_id IS NOT NULL")
        let hash = AdoptionStep.check("apps_key_known", on: "apps", "api_key_hash IS NOT NULL")
        return (age == .plainKeys ? [hash] : []) + (age == .rowSecurity ? [] : [app]) + [
            .check(
                "apps_previous_key", on: "apps", "(previous_key_hash IS NULL) = (previous_key_expires_at IS NULL)"),
            .check("conversations_newest_known", on: "conversations", "last_sequence IS NOT NULL"),
            .check("conversations_status_word", on: "conversations", "status IN ('open', 'resolved')"),
            .check("messages_sender_word", on: "messages", "sender IN ('user', 'agent', 'system')"),
            .check(
                "messages_status_word", on: "messages",
                "status IN ('QUEUED', 'SENDING', 'SENT', 'DELIVERED', 'READ', 'FAILED')"),
            .check("devices_provider_word", on: "devices", "push_token_provider IN ('fcm', 'apns')"),
            .check(
                "devices_platform_word", on: "devices",
                "platform IN ('android', 'ios', 'web', 'desktop', 'unknown')"),
        ]
    }
}
