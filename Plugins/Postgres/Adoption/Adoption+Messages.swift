extension Adoption {
    /// The old server inserts a message without looking at its conversation. The triggers do what our own statement
    /// does: lock the conversation before the number counts, touch it, and note when a receipt came.
    static let messageTriggers = [
        AdoptionStep.define(
            "trigger-messages", on: "messages",
            [
                function(
                    "replyhq_message_numbered() RETURNS trigger", declare: "newest bigint; app text;", numbered),
                function("replyhq_message_added() RETURNS trigger", added),
                function("replyhq_message_received() RETURNS trigger", received),
                """
                CREATE OR REPLACE TRIGGER replyhq_message_numbered BEFORE INSERT ON messages
                    FOR EACH ROW EXECUTE FUNCTION replyhq_message_numbered()
                """,
                """
                CREATE OR REPLACE TRIGGER replyhq_message_added AFTER INSERT ON messages
                    FOR EACH ROW EXECUTE FUNCTION replyhq_message_added()
                """,
                """
                CREATE OR REPLACE TRIGGER replyhq_message_received BEFORE UPDATE OF status ON messages
                    FOR EACH ROW WHEN (NEW.status IN ('DELIVERED', 'READ') AND NEW.status <> OLD.status)
                    EXECUTE FUNCTION replyhq_message_received()
                """,
            ])
    ]

    /// A number drawn before the lock may be smaller than one that was committed meanwhile, and a client that had read
    /// up to the larger would never see it: then another is drawn.
    private static let numbered = """
        SELECT c.last_sequence, c.app_id INTO newest, app FROM conversations c
        WHERE c.id = NEW.conversation_id FOR NO KEY UPDATE;
        NEW.app_id := coalesce(NEW.app_id, app);
        IF NEW.sequence <= newest THEN
            NEW.sequence := nextval(pg_get_serial_sequence(TG_RELID::regclass::text, 'sequence'));
        END IF;
        RETURN NEW;
        """

    /// Our own statement has touched the conversation already; then nothing is left to do.
    private static let added = """
        UPDATE conversations c SET last_sequence = NEW.sequence, last_message_at = NEW.created_at,
            updated_at = greatest(c.updated_at, NEW.created_at),
            status = CASE WHEN NEW.sender = 'user' THEN 'open' ELSE c.status END
        WHERE c.id = NEW.conversation_id AND coalesce(c.last_sequence, 0) < NEW.sequence;
        RETURN NULL;
        """

    private static let received = """
        NEW.delivered_at := coalesce(NEW.delivered_at, timezone('UTC', now()));
        IF NEW.status = 'READ' THEN
            NEW.read_at := coalesce(NEW.read_at, timezone('UTC', now()));
        END IF;
        RETURN NEW;
        """
}
