extension Adoption {
    /// What turns an adopted database into one as this server makes it; after the first of these steps the old server
    /// can no longer run.
    ///
    /// - Parameter catalogue: Tells which of the old server's indexes are there, and how they are called.
    static func finalizing(_ catalogue: Catalogue) -> [AdoptionStep] {
        let isNarrow = catalogue.tables["messages"]?.columns["sequence"]?.type == "integer"
        // The old server's indexes first: fewer to write when the messages are.
        let steps =
            [finalKeys] + finalTokens + replacedIndexes(catalogue) + (isNarrow ? widening : [])
            + finalConversations + [finalMessages, finalDevices, finalEnd]
        return steps.map(\.final)
    }

    /// Every key of an app has its hash since the database was adopted; only now does the plain text go.
    private static let finalKeys = AdoptionStep.define(
        "keys", on: "apps",
        [
            """
            ALTER TABLE apps ALTER COLUMN api_key DROP NOT NULL,
                ALTER COLUMN updated_at SET DEFAULT timezone('UTC', now())
            """,
            "DROP TRIGGER IF EXISTS replyhq_app_written ON apps",
            "UPDATE apps SET api_key_hash = replyhq_key_hash(api_key) WHERE api_key_hash IS NULL",
            "UPDATE apps SET api_key = NULL WHERE api_key IS NOT NULL",
            "ALTER TABLE apps ALTER COLUMN api_key_hash SET NOT NULL",
            "ALTER TABLE apps DROP CONSTRAINT IF EXISTS apps_key_known",
        ])

    /// Of several devices with one token the one that registered last keeps it; ``Migration/pushTokenDigest`` adds the unique
    /// index.
    private static let finalTokens = [
        AdoptionStep(
            name: "tokens",
            statements: [
                """
                WITH same AS (
                    SELECT id, row_number() OVER (
                        PARTITION BY app_id, push_token
                        ORDER BY push_token_updated_at DESC NULLS LAST, updated_at DESC, id DESC) AS place
                    FROM devices WHERE push_token IS NOT NULL)
                UPDATE devices d SET push_token = NULL, push_token_provider = NULL FROM same
                WHERE d.id = same.id AND same.place > 1
                """
            ],
            locks: "Reads devices once; locks the rows of tokens that several devices have."),
        .build("devices_identity", on: "devices", "(app_id, device_id)", isUnique: true),
    ]

    /// `updated_at` was the old server's, which did not touch it for a message.
    private static let finalConversations = [
        AdoptionStep.fill(
            "conversations-touched", in: "conversations", where: "last_message_at > updated_at",
            "UPDATE conversations c SET updated_at = c.last_message_at FROM part WHERE c.id = part.id"),
        .define(
            "conversations", on: "conversations",
            [
                """
                ALTER TABLE conversations ALTER COLUMN last_sequence SET NOT NULL,
                    ALTER COLUMN last_sequence SET DEFAULT 0
                """,
                "ALTER TABLE conversations DROP CONSTRAINT IF EXISTS conversations_newest_known",
                "DROP TRIGGER IF EXISTS replyhq_conversation_inserted ON conversations",
                "DROP TRIGGER IF EXISTS replyhq_conversation_moved ON conversations",
                "DROP TRIGGER IF EXISTS replyhq_conversation_left ON conversations",
            ]),
    ]

    private static let finalMessages = AdoptionStep.define(
        "messages", on: "messages",
        [
            "ALTER TABLE messages ALTER COLUMN app_id SET NOT NULL",
            "ALTER TABLE messages DROP CONSTRAINT IF EXISTS messages_app_known",
            "DROP TRIGGER IF EXISTS replyhq_message_numbered ON messages",
            "DROP TRIGGER IF EXISTS replyhq_message_added ON messages",
            "DROP TRIGGER IF EXISTS replyhq_message_received ON messages",
        ])

    private static let finalDevices = AdoptionStep.define(
        "devices", on: "devices", ["DROP TRIGGER IF EXISTS replyhq_device_written ON devices"])

    /// The indexes that only the old server's statements use, and its two unique keys that ours replace.
    private static func replacedIndexes(_ catalogue: Catalogue) -> [AdoptionStep] {
        catalogue.tables.sorted { $0.key < $1.key }.flatMap { name, table in
            table.indexes.filter { index in
                index.name != "devices_identity"
                    && ReferenceIndex.replaced.contains { $0.table == name && $0.matches(index) }
            }.map { .drop($0, of: name) }
        }
    }

    private static let finalEnd = AdoptionStep(
        name: String(lastFinalStep.dropFirst(finalPrefix.count)),
        statements: [
            "DROP FUNCTION IF EXISTS replyhq_app_written, replyhq_key_hash, replyhq_key_matches",
            "DROP FUNCTION IF EXISTS replyhq_device_written, replyhq_conversation_written, replyhq_conversation_left",
            "DROP FUNCTION IF EXISTS replyhq_identity_lock, replyhq_message_numbered, replyhq_message_added",
            "DROP FUNCTION IF EXISTS replyhq_message_received, replyhq_message_widened",
        ],
        locks: "Drops functions that nothing calls any more, so it locks nothing.")
}
