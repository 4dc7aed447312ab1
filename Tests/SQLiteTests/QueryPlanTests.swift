import Testing

@testable import SQLitePlugin

@Suite("SQLite store: plans")
struct QueryPlanTests {
    /// The conditions and orders of the statements that grow with the data: they must search, never scan or sort.
    @Test(
        "hot statements use an index",
        arguments: [
            """
            SELECT 1 FROM messages WHERE conversation_id = ? AND app_id = ? AND sequence > ?
            ORDER BY sequence LIMIT ?
            """,
            """
            SELECT 1 FROM messages WHERE conversation_id = ? AND app_id = ? AND created_at > ?
            ORDER BY created_at, sequence LIMIT ?
            """,
            "SELECT 1 FROM messages WHERE id = ? AND +conversation_id = ? AND app_id = ?",
            "SELECT 1 FROM conversations c WHERE c.app_id = ? AND c.device_id = ? AND coalesce(c.user_id, '') = ?",
            """
            SELECT 1 FROM conversations c WHERE c.app_id = ? AND (c.updated_at, c.id) < (?, ?)
            ORDER BY c.updated_at DESC, c.id DESC LIMIT ?
            """,
            "SELECT status, count(*) FROM conversations WHERE app_id = ? GROUP BY status",
            "SELECT 1 FROM conversations c WHERE c.app_id = ? AND c.user_id = ?",
            """
            UPDATE messages SET status = 'READ' WHERE id IN (SELECT value FROM json_each(?))
            AND +conversation_id = ? AND app_id = ?
            """,
        ])
    func plan(_ sql: String) async throws {
        try await TemporaryDatabase().withStore { store in
            let steps = try await store.read { try $0.all("EXPLAIN QUERY PLAN " + sql) { $0.text(3) } }
            #expect(!steps.isEmpty)
            for step in steps where !step.contains("json_each") {
                #expect(!step.hasPrefix("SCAN") && !step.contains("TEMP B-TREE"), "\(step)")
            }
        }
    }
}
