extension Adoption {
    /// New columns, all of which may be null, and defaults where the old server gives the value itself.
    static func columns(_ age: SchemaAge) -> [AdoptionStep] {
        let hash = age == .plainKeys ? ["ADD COLUMN IF NOT EXISTS api_key_hash text"] : []
        let app = AdoptionStep.define(
            "columns-messages", on: "messages", [alter("messages", ["ADD COLUMN IF NOT EXISTS app_id text"])])
        return [
            .define(
                "columns-apps", on: "apps",
                [
                    alter(
                        "apps",
                        hash + [
                            "ADD COLUMN IF NOT EXISTS previous_key_hash text",
                            "ADD COLUMN IF NOT EXISTS previous_key_expires_at timestamp(3)",
                        ])
                ]),
            .define(
                "columns-conversations", on: "conversations",
                [
                    alter(
                        "conversations",
                        [
                            "ADD COLUMN IF NOT EXISTS last_message_at timestamp(3)",
                            // No default: a row without it is one that the old server has inserted.
                            "ADD COLUMN IF NOT EXISTS last_sequence bigint",
                            "ADD COLUMN IF NOT EXISTS superseded_by text",
                        ])
                ]),
            .define(
                "columns-devices", on: "devices",
                [
                    alter(
                        "devices",
                        [
                            "ADD COLUMN IF NOT EXISTS push_token_provider text",
                            "ADD COLUMN IF NOT EXISTS push_token_updated_at timestamp(3)",
                            "ADD COLUMN IF NOT EXISTS last_seen_at timestamp(3)",
                            "ALTER COLUMN id SET DEFAULT gen_random_uuid()::text",
                            "ALTER COLUMN platform SET DEFAULT 'unknown'",
                        ])
                ]),
        ] + (age == .plainKeys ? [app] : [])
    }

    private static func alter(_ table: String, _ changes: [String]) -> String {
        "ALTER TABLE \(table) \(changes.joined(separator: ", "))"
    }

    /// What apps track; some of the old server's databases have the table, with what it tracks.
    static let events = AdoptionStep.define(
        "events", on: "events",
        [
            """
            CREATE TABLE IF NOT EXISTS events (
                id bigserial PRIMARY KEY,
                user_id text NOT NULL,
                app_id text NOT NULL REFERENCES apps (id),
                device_id text,
                event_name text NOT NULL,
                event_timestamp timestamp(3) NOT NULL,
                properties jsonb NOT NULL DEFAULT '{}',
                user_plan text,
                user_country text,
                session_id text,
                platform text,
                app_version text
            )
            """,
            alter(
                "events",
                ["device_id", "user_plan", "user_country", "session_id", "platform", "app_version"].map {
                    "ADD COLUMN IF NOT EXISTS \($0) text"
                }),
        ])

    static let eventsIndex = AdoptionStep.build("events_time", on: "events", "(app_id, event_timestamp)")
}
