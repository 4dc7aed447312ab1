import PluginAPI

// What the store's statements keep to, so that they serve a database made here and one taken over alike. The
// differences last until it is finalized; names are the same in both.
//
// 1. `messages.sequence` may still be int4 drawn from the old serial. INSERTs do not name it and take it RETURNING (the
//    column's default draws it; a new schema names its sequence `messages_sequence_seq`); reads select
//    `sequence::bigint`, comparisons bind `$n::bigint`.
// 2. `conversations.superseded_by` (text, null, in a new schema always null) names the row that a duplicate of the
//    old server gave way to. Finding "the conversation of (app, device, user or none)" adds `superseded_by IS NULL`;
//    finding by id, and lists, do not. The identity index is
//    `conversations_identity ON conversations (app_id, device_id, coalesce(user_id, ''), (CASE WHEN superseded_by IS
//    NULL THEN '' ELSE id END))`: one row that counts, any number that gave way, and all of a device's are found by it.
// 3. INSERTs into conversations name `last_sequence` (0). A row that comes without is the old server's.
// 4. `messages.local_id` is unique over all conversations until finalized. INSERTs say ON CONFLICT DO NOTHING without a
//    target; if then no row of (conversation, local id) is found, another conversation has it: `ChatError(.conflict)`.
// 5. `devices.id` exists, and has a default; INSERTs do not name it. Until finalized push tokens are not unique, and the
//    indexes that hold them, the old server's among them, take none of more than 2,704 bytes.
// 6. INSERTs into apps name `api_key_hash` and never `api_key`.

/// How the old server's database becomes ours while the old server goes on writing to it.
///
/// Adopting only adds: columns that may be null, indexes, conditions that the old server's code keeps, and triggers
/// that keep what we derive right when the old server writes beside us. No value in a column of the old server changes,
/// so it can be gone back to at any moment. Finalizing takes the rest away and closes that way.
/// See `docs/taking-over.md` and `docs/decisions/0007-old-server-beside-ours.md`.
enum Adoption {
    /// Adopted, a database has all that the steps of ``Migration/all`` up to this one make.
    static let version: Int64 = 1
    /// The step after which both servers can run.
    static let lastStep = "adopted"
    /// Steps whose names begin so are the old server's end.
    static let finalPrefix = "final-"
    /// The step after which the database is as one made by this server.
    static let lastFinalStep = "final-done"

    /// All steps for a database of that age, in order.
    static func plan(for age: SchemaAge) -> [AdoptionStep] {
        let before = columns(age) + triggers(age) + [fillKeys] + fillingApps(age)
        return [begin] + before + indexes + filling + conditions(age) + [events, eventsIndex, end]
    }

    private static let begin = AdoptionStep(
        name: "begun", statements: [AdoptionHistory.table], locks: "Makes a table of its own, so it locks nothing.")

    private static let end = AdoptionStep(
        name: lastStep, statements: ["ANALYZE conversations", "ANALYZE messages", "ANALYZE devices"],
        locks: "Reads samples of the tables without blocking reads or writes.", isTransactional: false)
}
