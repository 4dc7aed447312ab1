extension Adoption {
    /// The old server checks a key against the plain text first. Each app gets the hash beside it, in the format of
    /// `data-model.md` 1; the plain text stays until it is replaced, or the takeover finalized.
    static func keyTriggers(_ age: SchemaAge) -> [AdoptionStep] {
        [
            .define(
                "trigger-apps", on: "apps",
                [
                    hashing, matching, written(age),
                    """
                    CREATE OR REPLACE TRIGGER replyhq_app_written BEFORE INSERT OR UPDATE ON apps
                        FOR EACH ROW EXECUTE FUNCTION replyhq_app_written()
                    """,
                ])
        ]
    }

    /// Hashes what has no hash. Where plain text and hash are different keys, the old server takes both: the plain
    /// text's hash becomes the previous key, for as long as nobody replaces the key.
    static let fillKeys = AdoptionStep(
        name: "fill-keys",
        statements: [
            """
            UPDATE apps SET api_key_hash = replyhq_key_hash(api_key)
            WHERE api_key_hash IS NULL AND api_key IS NOT NULL
            """,
            """
            UPDATE apps SET previous_key_hash = replyhq_key_hash(api_key), previous_key_expires_at = '2999-12-31'
            WHERE NOT replyhq_key_matches(api_key, api_key_hash) AND previous_key_hash IS NULL
            """,
        ],
        locks: "Locks the rows of apps for the moment of writing them.")

    /// 128 random bits in 32 digits, from two UUIDs with 122 each.
    private static let hashing = function(
        "replyhq_key_hash(key text) RETURNS text",
        declare: "random text := gen_random_uuid()::text || gen_random_uuid()::text; salt text;",
        """
        salt := left(encode(sha256(random::bytea), 'hex'), 32);
        RETURN salt || ':' || encode(sha256(convert_to(salt || key, 'UTF8')), 'hex');
        """)

    private static let matching = function(
        "replyhq_key_matches(key text, hash text) RETURNS boolean",
        """
        RETURN split_part(hash, ':', 2) = encode(sha256(convert_to(split_part(hash, ':', 1) || key, 'UTF8')), 'hex');
        """)

    /// The oldest schema demands a plain key of every app. An app of ours gets one there that nobody was ever given.
    private static func written(_ age: SchemaAge) -> String {
        let none = age == .plainKeys ? "'unusable-' || gen_random_uuid()::text || gen_random_uuid()::text" : "NULL"
        return function(
            "replyhq_app_written() RETURNS trigger",
            """
            IF TG_OP = 'INSERT' THEN
                IF NEW.api_key IS NULL THEN
                    NEW.api_key := \(none);
                ELSIF NEW.api_key_hash IS NULL THEN
                    NEW.api_key_hash := replyhq_key_hash(NEW.api_key);
                END IF;
                RETURN NEW;
            END IF;
            IF NEW.api_key IS DISTINCT FROM OLD.api_key THEN
                IF NEW.api_key IS NOT NULL AND NEW.api_key_hash IS NOT DISTINCT FROM OLD.api_key_hash THEN
                    NEW.api_key_hash := replyhq_key_hash(NEW.api_key);
                END IF;
            ELSIF NEW.api_key_hash IS DISTINCT FROM OLD.api_key_hash
                AND NOT coalesce(replyhq_key_matches(NEW.api_key, NEW.api_key_hash), true) THEN
                -- Replaced by us: the old server must not go on taking the key that was replaced.
                NEW.api_key := \(none);
            END IF;
            IF NEW.api_key_hash IS DISTINCT FROM OLD.api_key_hash AND NEW.previous_key_hash = OLD.previous_key_hash THEN
                -- Replaced by the old server, which lets no key overlap.
                NEW.previous_key_hash := NULL;
                NEW.previous_key_expires_at := NULL;
            END IF;
            RETURN NEW;
            """)
    }
}
