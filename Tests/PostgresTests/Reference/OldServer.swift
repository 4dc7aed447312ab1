import PluginAPI

@testable import PostgresPlugin

/// What the old server sends to PostgreSQL, column for column: its ORM names every column it knows, quoted and with the
/// schema, and none of ours. Values are of tests and hold no quotes.
struct OldServer {
    let age: SchemaAge
    let session: SQLSession

    /// A new message; the number and, from the second age on, the app are the database's to fill.
    @discardableResult
    func insertMessage(
        _ id: String, in conversation: String, sender: String = "user", at time: String = "2026-02-01 10:00:00.5"
    ) throws -> Int64 {
        let rows = try session.run(
            """
            INSERT INTO "public"."messages" ("id", "local_id", "body", "sender", "status", "created_at",
                "conversation_id")
            VALUES ('\(id)', 'local-\(id)', 'by the old server', '\(sender)', 'SENT', '\(time)', '\(conversation)')
            RETURNING "public"."messages"."id", "public"."messages"."sequence"
            """)
        return rows.first?[1].flatMap { Int64($0) } ?? 0
    }

    /// The same through the local id, as for a client that repeats itself. Answers id and number of the stored row.
    func upsertMessage(_ id: String, local: String, in conversation: String) throws -> [String?] {
        try session.run(
            """
            INSERT INTO "public"."messages" ("id", "local_id", "body", "sender", "status", "created_at",
                "conversation_id")
            VALUES ('\(id)', '\(local)', 'repeated', 'user', 'SENT', '2026-02-01 10:00:01', '\(conversation)')
            ON CONFLICT ("local_id") DO UPDATE SET "local_id" = "messages"."local_id"
            RETURNING "public"."messages"."id", "public"."messages"."sequence"
            """
        ).first ?? []
    }

    func setStatus(_ status: String, ofMessage id: String) throws {
        try session.run(#"UPDATE "public"."messages" SET "status" = '\#(status)' WHERE "id" IN ('\#(id)')"#)
    }

    /// The sync query; answers the numbers.
    func messages(of conversation: String, after sequence: Int64) throws -> [Int64] {
        let rows = try session.run(
            """
            SELECT "public"."messages"."id", "public"."messages"."local_id", "public"."messages"."body",
                "public"."messages"."sender", "public"."messages"."status", "public"."messages"."sequence",
                "public"."messages"."created_at", "public"."messages"."delivered_at", "public"."messages"."read_at",
                "public"."messages"."conversation_id"
            FROM "public"."messages"
            WHERE "public"."messages"."conversation_id" = '\(conversation)'
                AND "public"."messages"."sequence" > \(sequence)::int4
            ORDER BY "public"."messages"."sequence" ASC LIMIT 50 OFFSET 0
            """)
        return rows.compactMap { $0[5].flatMap { Int64($0) } }
    }

    func insertConversation(
        _ id: String, app: String, device: String, user: String? = nil, at time: String = "2026-02-01 09:00:00"
    ) throws {
        try session.run(
            """
            INSERT INTO "public"."conversations" ("id", "visitor_id", "status", "metadata", "app_id", "device_id",
                "user_id", "created_at", "updated_at")
            VALUES ('\(id)', 'vis_\(id)', 'open', '{}', '\(app)', '\(device)', \(user.map { "'\($0)'" } ?? "NULL"),
                '\(time)', '\(time)')
            RETURNING "public"."conversations"."id", "public"."conversations"."visitor_id"
            """)
    }

    /// Ties a device to a user: all of the device's conversations, as the old server does it.
    func identify(_ user: String, app: String, device: String) throws {
        try upsertDevice(app: app, device: device, user: user)
        try session.run(
            """
            UPDATE "public"."conversations" SET "user_id" = '\(user)', "metadata" = '{"user": {"id": "\(user)"}}',
                "updated_at" = '2026-02-01 11:00:00'
            WHERE "public"."conversations"."app_id" = '\(app)' AND "public"."conversations"."device_id" = '\(device)'
            """)
    }

    func upsertDevice(app: String, device: String, user: String) throws {
        try session.run(
            """
            INSERT INTO "public"."devices" ("id", "device_id", "user_id", "platform", "app_id", "created_at",
                "updated_at")
            VALUES ('row-\(device)', '\(device)', '\(user)', 'unknown', '\(app)', '2026-02-01 11:00:00',
                '2026-02-01 11:00:00')
            ON CONFLICT ("app_id", "device_id")
            DO UPDATE SET "user_id" = '\(user)', "updated_at" = '2026-02-01 11:00:00'
            """)
    }

    /// From the last age on the old server writes the provider itself.
    func setPushToken(_ token: String, app: String, device: String, platform: String) throws {
        let provider = platform == "ios" ? "apns" : "fcm"
        let more =
            age == .rowSecurity
            ? #", "push_token_provider" = '\#(provider)', "push_token_updated_at" = '2026-02-01 12:00:00'"# : ""
        try session.run(
            """
            UPDATE "public"."devices" SET "push_token" = '\(token)', "platform" = '\(platform)',
                "updated_at" = '2026-02-01 12:00:00'\(more)
            WHERE "app_id" = '\(app)' AND "device_id" = '\(device)'
            """)
    }

    /// A new app. The first age knows plain keys only; the last state stores both.
    func createApp(_ id: String, key: String) throws {
        let hash = age == .plainKeys ? "" : #", "api_key_hash""#
        let value = age == .plainKeys ? "" : ", '\(Self.hash(key))'"
        try session.run(
            """
            INSERT INTO "public"."apps" ("id", "name", "api_key", "settings", "created_at", "updated_at"\(hash))
            VALUES ('\(id)', 'Made by the old server', '\(key)', '{}', '2026-02-01', '2026-02-01'\(value))
            """)
    }

    /// Replaces the key at once.
    func rotateKey(of id: String, to key: String) throws {
        let hash = age == .plainKeys ? "" : #", "api_key_hash" = '\#(Self.hash(key))'"#
        try session.run(
            """
            UPDATE "public"."apps" SET "api_key" = '\(key)', "updated_at" = '2026-02-02'\(hash) WHERE "id" = '\(id)'
            """)
    }

    /// Whether it lets somebody in with the key: equal to the plain text, or by the hash.
    func accepts(_ key: String, for id: String) throws -> Bool {
        let hash = age == .plainKeys ? "''" : #""api_key_hash""#
        guard let row = try session.run(#"SELECT "api_key", \#(hash) FROM "public"."apps" WHERE "id" = '\#(id)'"#).first
        else { return false }
        return row[0] == key || SaltedKeyHash(stored: row[1] ?? "")?.matches(key: key) == true
    }

    private static func hash(_ key: String) -> String { "\(SaltedKeyHash.make(key: key))" }
}
