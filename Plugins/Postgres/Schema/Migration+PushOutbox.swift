extension Migration {
    /// Pushes that are still to be sent, and what became of the others. Without references: what they are about may go,
    /// also by another program's hand.
    ///
    /// Whoever sends pushes does so for all apps, which row-level security does not let it see at once. Three functions
    /// that act as the tables' owner tell what concerns no one app: whose pushes are due, how many wait, and that old
    /// rows may go. None of them shows or changes anything of a push.
    static let pushOutbox = Migration(
        version: 5,
        name: "push outbox",
        statements: [table] + indexes + functions,
        locks: "Makes a new table only, so there is nothing that it could lock.",
        isTransactional: true
    )

    private static let table = """
        CREATE TABLE push_outbox (
            message_id text COLLATE "C" NOT NULL PRIMARY KEY,
            app_id text COLLATE "C" NOT NULL,
            conversation_id text COLLATE "C" NOT NULL,
            device_id text COLLATE "C" NOT NULL,
            state text NOT NULL DEFAULT 'waiting',
            created_at timestamp(3) NOT NULL,
            due_at timestamp(3) NOT NULL,
            expires_at timestamp(3) NOT NULL,
            lease text COLLATE "C",
            attempts integer NOT NULL DEFAULT 0,
            first_attempt_at timestamp(3),
            hold text,
            settled_at timestamp(3),
            detail text,
            CONSTRAINT push_outbox_state_word
                CHECK (state IN ('waiting', 'sent', 'merged', 'cancelled', 'failed')),
            CONSTRAINT push_outbox_hold_word CHECK (hold IN ('online', 'quiet', 'cap', 'retry'))
        )
        """

    private static let indexes = [
        "CREATE INDEX push_outbox_due ON push_outbox (due_at, app_id) WHERE state = 'waiting'",
        "CREATE INDEX push_outbox_app ON push_outbox (app_id, due_at) WHERE state = 'waiting'",
        "CREATE INDEX push_outbox_device ON push_outbox (app_id, device_id, state)",
        "CREATE INDEX push_outbox_settled ON push_outbox (settled_at) WHERE settled_at IS NOT NULL",
    ]

    private static let functions = [
        """
        CREATE FUNCTION push_outbox_apps(instant timestamp) RETURNS SETOF text
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
            SELECT DISTINCT d.app_id FROM (
                SELECT p.app_id FROM push_outbox p WHERE p.state = 'waiting' AND p.due_at <= instant
                ORDER BY p.due_at LIMIT 1000) d
        $$
        """,
        """
        CREATE FUNCTION push_outbox_backlog(most bigint)
        RETURNS TABLE (waiting bigint, oldest timestamp, next_due timestamp)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
            SELECT (SELECT count(*) FROM (SELECT 1 FROM push_outbox p WHERE p.state = 'waiting' LIMIT most) w),
                (SELECT min(o.created_at) FROM (
                    SELECT p.created_at FROM push_outbox p WHERE p.state = 'waiting'
                    ORDER BY p.due_at LIMIT 1000) o),
                (SELECT min(p.due_at) FROM push_outbox p WHERE p.state = 'waiting')
        $$
        """,
        """
        CREATE FUNCTION push_outbox_prune(instant timestamp, most bigint) RETURNS bigint
        LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
            WITH gone AS (
                DELETE FROM push_outbox WHERE message_id IN (
                    SELECT p.message_id FROM push_outbox p WHERE p.settled_at < instant
                    ORDER BY p.settled_at LIMIT most)
                RETURNING 1
            ) SELECT count(*) FROM gone
        $$
        """,
    ]
}
