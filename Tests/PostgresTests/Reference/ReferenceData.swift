/// Rows as the old server writes them: nulls, anonymous devices with several conversations, equal instants, shared push
/// tokens, text beyond ASCII. Inserted in the first age; the later ones alter them.
enum ReferenceData {
    /// Messages are spread over one conversation for each twenty of them.
    static func statements(messages: Int) -> [String] {
        let conversations = max(messages / 20, 10)
        return [
            """
            INSERT INTO "apps" ("id", "name", "api_key", "created_at", "updated_at")
            SELECT 'app-' || i, 'App ' || i, 'key_' || md5('key ' || i), \(instant("i")), \(instant("i"))
            FROM generate_series(1, 3) i
            """,
            // Every tenth device is anonymous and has three conversations, on every other device all of one instant.
            """
            INSERT INTO "conversations" ("id", "visitor_id", "metadata", "app_id", "device_id", "user_id", "created_at",
                "updated_at")
            SELECT 'conv_' || left(md5('c' || i), 12), 'vis_' || left(md5('v' || i), 12),
                CASE i % 3 WHEN 0 THEN '{}'::jsonb
                    WHEN 1 THEN '{"device_context": {"platform": "ios", "locale": "de-DE"}}'::jsonb
                    ELSE jsonb_build_object('user', jsonb_build_object('id', 'user-' || i, 'name', 'Zoë ' || i)) END,
                'app-' || i % 3 + 1,
                CASE WHEN i % 30 < 9 THEN 'twice-' || i / 30 || '-' || i % 3 ELSE 'device-' || i END,
                CASE WHEN i % 30 < 9 OR i % 4 = 0 THEN NULL ELSE 'user-' || i END,
                \(instant("i")), \(instant("i - CASE i / 30 % 2 WHEN 0 THEN i % 30 ELSE 0 END"))
            FROM generate_series(1, \(conversations)) i
            """,
            """
            INSERT INTO "messages" ("id", "local_id", "body", "sender", "status", "created_at", "conversation_id")
            SELECT 'msg_' || left(md5('m' || i), 12), gen_random_uuid()::text, 'Grüße 👋 ' || i || repeat(' …', i % 40),
                (ARRAY['user', 'agent', 'user', 'system'])[i % 4 + 1],
                (ARRAY['SENT', 'DELIVERED', 'READ', 'FAILED', 'SENT'])[i % 5 + 1],
                \(instant("i / 7")), 'conv_' || left(md5('c' || i * 7919 % \(conversations * 9 / 10) + 1), 12)
            FROM generate_series(1, \(messages)) i
            """,
            """
            INSERT INTO "devices" ("id", "device_id", "user_id", "push_token", "platform", "app_id", "created_at",
                "updated_at")
            SELECT gen_random_uuid()::text, 'device-' || i, CASE i % 4 WHEN 0 THEN NULL ELSE 'user-' || i END,
                CASE i % 3 WHEN 0 THEN NULL ELSE 'token-' || i / 6 END,
                (ARRAY['android', 'ios', 'unknown'])[i % 3 + 1], 'app-' || i % 3 + 1, \(instant("i")),
                \(instant("i + 1"))
            FROM generate_series(1, \(conversations)) i
            """,
            """
            INSERT INTO "_prisma_migrations" (id, checksum, finished_at, migration_name, applied_steps_count)
            SELECT gen_random_uuid()::text, encode(sha256(name::bytea), 'hex'), now(), name, 1
            FROM unnest(ARRAY['20260118090000_add_visitor', '20260126100000_hash_api_keys']) name
            """,
        ]
    }

    /// What only later ages can have: an app with a hash alone, and one whose two keys differ.
    static let hashedKeys = [
        #"UPDATE "apps" SET "api_key" = NULL WHERE "id" = 'app-2'"#,
        #"UPDATE "apps" SET "api_key" = 'another key' WHERE "id" = 'app-3'"#,
    ]

    private static func instant(_ seconds: String) -> String {
        "timestamp '2026-01-20 08:00:00.123' + (\(seconds)) * interval '1 second'"
    }
}
