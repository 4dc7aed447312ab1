extension Adoption {
    /// `messages.sequence` from int4 to int8 without rewriting the table under a lock: a second column grows beside the
    /// first, kept equal by a trigger, gets its indexes, and takes the first one's place and name in one moment.
    static let widening = [
        AdoptionStep.define(
            "wide-column", on: "messages",
            [
                "ALTER TABLE messages ADD COLUMN IF NOT EXISTS sequence_wide bigint",
                function(
                    "replyhq_message_widened() RETURNS trigger",
                    """
                    NEW.sequence_wide := NEW.sequence;
                    RETURN NEW;
                    """),
                // Called after replyhq_message_numbered: triggers of one kind go by their names.
                """
                CREATE OR REPLACE TRIGGER replyhq_message_widened BEFORE INSERT ON messages
                    FOR EACH ROW EXECUTE FUNCTION replyhq_message_widened()
                """,
            ]),
        .fill(
            "wide", in: "messages", where: "sequence_wide IS NULL",
            "UPDATE messages m SET sequence_wide = m.sequence FROM part WHERE m.id = part.id"),
        .check("messages_wide_known", on: "messages", "sequence_wide IS NOT NULL"),
        .build("messages_sequence_wide", on: "messages", "(conversation_id, sequence_wide)", isUnique: true),
        .build("messages_created_wide", on: "messages", "(conversation_id, created_at, sequence_wide)"),
        .build(
            "messages_unread_wide", on: "messages",
            "(conversation_id, sequence_wide) WHERE sender <> 'user' AND status <> 'READ'"),
        .define("wide-swap", on: "messages", swap),
    ]

    /// Dropping a column drops its indexes, and the sequence that it owns unless that is let go before. A condition
    /// that was checked spares SET NOT NULL the scan.
    private static let swap = [
        "DROP TRIGGER replyhq_message_widened ON messages",
        """
        DO $swap$
        DECLARE
            numbers text := pg_get_serial_sequence('messages', 'sequence');
        BEGIN
            EXECUTE format('ALTER SEQUENCE %s AS bigint OWNED BY NONE', numbers);
            EXECUTE format('ALTER TABLE messages ALTER COLUMN sequence_wide SET DEFAULT nextval(%L)', numbers);
            ALTER TABLE messages ALTER COLUMN sequence_wide SET NOT NULL;
            ALTER TABLE messages DROP CONSTRAINT messages_wide_known, DROP COLUMN sequence;
            ALTER TABLE messages RENAME COLUMN sequence_wide TO sequence;
            EXECUTE format('ALTER SEQUENCE %s OWNED BY messages.sequence', numbers);
        END $swap$
        """,
        "ALTER INDEX messages_sequence_wide RENAME TO messages_sequence",
        "ALTER INDEX messages_created_wide RENAME TO messages_created",
        "ALTER INDEX messages_unread_wide RENAME TO messages_unread",
    ]
}
