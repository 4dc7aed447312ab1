extension Adoption {
    /// One conversation per (app, device, user or none), although the old server makes more when two requests of an
    /// anonymous device race: the newest is the one that is found, the others name it in `superseded_by`.
    ///
    /// The lock makes one wait for the other, so that neither server is ever told of a key that is not unique.
    static let identityTriggers = [
        AdoptionStep.define(
            "trigger-conversations", on: "conversations",
            [
                function(
                    "replyhq_identity_lock(app text, device text, person text) RETURNS void",
                    """
                    PERFORM pg_advisory_xact_lock(hashtextextended(
                        'conversation ' || app || chr(31) || device || chr(31) || coalesce(person, ''), 0));
                    """),
                function("replyhq_conversation_written() RETURNS trigger", written),
                function("replyhq_conversation_left() RETURNS trigger", declare: "heir text;", left),
                """
                CREATE OR REPLACE TRIGGER replyhq_conversation_inserted BEFORE INSERT ON conversations
                    FOR EACH ROW EXECUTE FUNCTION replyhq_conversation_written()
                """,
                """
                CREATE OR REPLACE TRIGGER replyhq_conversation_moved BEFORE UPDATE OF app_id, device_id, user_id
                    ON conversations FOR EACH ROW WHEN (\(moved)) EXECUTE FUNCTION replyhq_conversation_written()
                """,
                """
                CREATE OR REPLACE TRIGGER replyhq_conversation_left AFTER UPDATE OF app_id, device_id, user_id
                    ON conversations FOR EACH ROW WHEN (OLD.superseded_by IS NULL AND (\(moved)))
                    EXECUTE FUNCTION replyhq_conversation_left()
                """,
            ])
    ]

    private static let moved = """
        (NEW.app_id, NEW.device_id, coalesce(NEW.user_id, ''))
            IS DISTINCT FROM (OLD.app_id, OLD.device_id, coalesce(OLD.user_id, ''))
        """

    /// Who takes a key that is taken gives way. Our own INSERTs name `last_sequence` and are left to their ON CONFLICT.
    private static let written = """
        PERFORM replyhq_identity_lock(NEW.app_id, NEW.device_id, NEW.user_id);
        IF TG_OP = 'INSERT' THEN
            IF NEW.last_sequence IS NOT NULL THEN RETURN NEW; END IF;
            NEW.last_sequence := 0;
        END IF;
        NEW.superseded_by := (
            SELECT c.id FROM conversations c
            WHERE c.app_id = NEW.app_id AND c.device_id = NEW.device_id
                AND coalesce(c.user_id, '') = coalesce(NEW.user_id, '')
                AND c.superseded_by IS NULL AND c.id <> NEW.id
            ORDER BY c.updated_at DESC, c.id DESC LIMIT 1);
        RETURN NEW;
        """

    /// When the one that is found gets another key, the newest that gave way to it comes back: the old server, which
    /// knows nothing of all this, goes on with it too.
    private static let left = """
        PERFORM replyhq_identity_lock(OLD.app_id, OLD.device_id, OLD.user_id);
        SELECT c.id INTO heir FROM conversations c
        WHERE c.app_id = OLD.app_id AND c.device_id = OLD.device_id
            AND coalesce(c.user_id, '') = coalesce(OLD.user_id, '') AND c.id <> NEW.id
        ORDER BY c.superseded_by IS NOT NULL, c.updated_at DESC, c.id DESC LIMIT 1;
        UPDATE conversations c SET superseded_by = nullif(heir, c.id)
        WHERE heir IS NOT NULL AND c.app_id = OLD.app_id AND c.device_id = OLD.device_id
            AND coalesce(c.user_id, '') = coalesce(OLD.user_id, '') AND c.id <> NEW.id
            AND c.superseded_by IS DISTINCT FROM nullif(heir, c.id);
        RETURN NULL;
        """
}
