extension AdoptionStep {
    /// Fills a new column of existing rows, 128 KiB of the table per transaction in the order of the disk, and never
    /// waits for a lock while it holds one.
    ///
    /// - Parameters:
    ///   - missing: What is true for rows that are still to be filled.
    ///   - update: `UPDATE … FROM part …` for the rows whose ids are in `part`.
    static func fill(_ name: String, in table: String, where missing: String, _ update: String) -> AdoptionStep {
        let statement = """
            DO $fill$
            DECLARE
                block bigint := 0;
                blocks bigint := pg_relation_size('\(table)') / current_setting('block_size')::bigint;
                late text;
            BEGIN
                WHILE block <= blocks LOOP
                    EXECUTE format(
                        $part$
                        WITH part AS MATERIALIZED (
                            SELECT id FROM \(table) WHERE ctid >= %L::tid AND ctid < %L::tid AND \(missing)
                            FOR NO KEY UPDATE SKIP LOCKED)
                        \(update)
                        $part$,
                        format('(%s,0)', block), format('(%s,0)', block + 16));
                    COMMIT;
                    block := block + 16;
                END LOOP;
                -- Rows that somebody held: one by one, so that nobody waits for us while we wait.
                FOR late IN SELECT id FROM \(table) WHERE \(missing) LOOP
                    WITH part AS MATERIALIZED (
                        SELECT id FROM \(table) WHERE id = late AND \(missing) FOR NO KEY UPDATE)
                    \(update);
                    COMMIT;
                END LOOP;
            END $fill$
            """
        return AdoptionStep(
            name: "fill-\(name)", statements: [statement],
            locks: "Reads \(table) once; locks the rows of 128 KiB at a time while it writes them.",
            isTransactional: false, lockTimeout: 0)
    }
}
