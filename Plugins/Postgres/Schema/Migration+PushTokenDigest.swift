extension Migration {
    /// Push tokens of any length. An entry of a B-tree has at most 2,704 bytes, of a token that can be 4,096; so what is
    /// unique is the token's SHA-256, and tokens are looked up in a hash index, which holds no more than a number of each.
    /// The lookup is by the column itself: row-level security lets no function of it into an index's condition, and a
    /// server of an older version asks in the same words.
    ///
    /// The digest is of the token's bytes; unlike `convert_to`, `decode` counts as immutable.
    static let pushTokenDigest = Migration(
        version: 7,
        name: "push token digest",
        statements: [
            """
            CREATE INDEX CONCURRENTLY IF NOT EXISTS devices_push_token_value ON devices USING hash (push_token)
                WHERE push_token IS NOT NULL
            """,
            """
            CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS devices_push_token_digest ON devices
                (app_id, sha256(decode(replace(push_token, E'\\\\', E'\\\\\\\\'), 'escape')))
                WHERE push_token IS NOT NULL
            """,
            "DROP INDEX CONCURRENTLY IF EXISTS devices_push_token",
            "DROP INDEX CONCURRENTLY IF EXISTS devices_push_token_lookup",
        ],
        locks: "Blocks neither reading nor writing devices; takes two scans of it for each of two indexes and waits "
            + "for old transactions. Behind a pooler in transaction mode writing waits while each is built, and all access "
            + "for a moment for the two that are dropped.",
        isTransactional: false,
        needsSoleServer: true
    )
}
