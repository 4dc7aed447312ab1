/// The last schema: row-level security on a setting that no code sets, the provider of push tokens, and tables of
/// features beside the chat.
enum ReferenceAge4 {
    static let statements =
        [
            """
            UPDATE "messages" m SET "app_id" = c."app_id" FROM "conversations" c
            WHERE c."id" = m."conversation_id" AND m."app_id" IS NULL
            """,
            #"ALTER TABLE "messages" ALTER COLUMN "app_id" SET NOT NULL"#,
            """
            ALTER TABLE "devices" ADD COLUMN "push_token_provider" TEXT, ADD COLUMN "push_token_updated_at" TIMESTAMP(3)
            """,
            """
            UPDATE "devices" SET "push_token_provider" = CASE "platform" WHEN 'ios' THEN 'apns' ELSE 'fcm' END,
                "push_token_updated_at" = "updated_at" WHERE "push_token" IS NOT NULL
            """,
        ]
        + ["conversations", "messages", "devices"].flatMap { table in
            [
                #"ALTER TABLE "\#(table)" ENABLE ROW LEVEL SECURITY"#,
                """
                CREATE POLICY "tenant_isolation_\(table)" ON "\(table)"
                    USING ("app_id" = current_setting('app.current_tenant', true))
                """,
            ]
        }
        + [
            """
            CREATE TABLE "admin_users" (
                "id" TEXT NOT NULL PRIMARY KEY,
                "email" TEXT NOT NULL UNIQUE,
                "password_hash" TEXT NOT NULL,
                "role" TEXT NOT NULL DEFAULT 'AGENT',
                "is_active" BOOLEAN NOT NULL DEFAULT true,
                "app_id" TEXT NOT NULL REFERENCES "apps"("id"),
                "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
            )
            """,
            """
            CREATE TABLE "push_notifications" (
                "id" TEXT NOT NULL PRIMARY KEY,
                "device_id" TEXT NOT NULL REFERENCES "devices"("id") ON DELETE CASCADE,
                "title" TEXT,
                "body" TEXT NOT NULL,
                "data" JSONB NOT NULL DEFAULT '{}',
                "status" TEXT NOT NULL,
                "retain_until" TIMESTAMP(3) NOT NULL DEFAULT (CURRENT_TIMESTAMP + interval '30 days')
            )
            """,
            """
            CREATE TABLE "events" (
                "id" BIGSERIAL PRIMARY KEY,
                "user_id" TEXT NOT NULL,
                "app_id" TEXT NOT NULL,
                "event_name" TEXT NOT NULL,
                "event_timestamp" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
                "properties" JSONB NOT NULL DEFAULT '{}',
                "user_plan" TEXT,
                "user_country" TEXT,
                "session_id" TEXT,
                "platform" TEXT,
                "app_version" TEXT
            )
            """,
            """
            INSERT INTO "events" ("user_id", "app_id", "event_name", "properties")
            SELECT 'user-1', "id", 'opened', '{"from": "push"}' FROM "apps"
            """,
        ]
}
