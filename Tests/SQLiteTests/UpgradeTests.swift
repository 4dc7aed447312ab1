import GRDB
import PluginAPI
import Testing

@testable import SQLitePlugin

@Suite("SQLite store: databases of older versions")
struct UpgradeTests {
    private let phone = DeviceIdentity(app: "app", device: "phone")

    /// As the version before conversations had numbers left it. Copies from elsewhere may hold the same number twice.
    private static let rows = """
        INSERT INTO apps (id, name, api_key_hash, created_at, updated_at) VALUES ('app', 'App', 'hash', 1, 1);
        INSERT INTO conversations (id, visitor_id, app_id, device_id, user_id, status, metadata, created_at, updated_at,
            last_message_at, last_sequence)
        VALUES ('c-new', 'v1', 'app', 'phone', 'anna', 'resolved', '{"user":{"id":"anna"}}', 20, 90, 80, 7),
            ('c-old', 'v2', 'app', 'phone', NULL, 'open', '{}', 10, 50, 50, 7),
            ('c-empty', 'v3', 'app', 'pad', NULL, 'open', '{}', 5, 5, NULL, 0);
        INSERT INTO messages (id, local_id, conversation_id, app_id, body, sender, status, sequence, created_at,
            delivered_at, read_at)
        VALUES ('m1', 'l1', 'c-old', 'app', 'one' || char(0) || 'two', 'user', 'SENT', 3, 30, NULL, NULL),
            ('m2', 'l2', 'c-old', 'app', 'three', 'agent', 'READ', 7, 50, 60, 70),
            ('m3', 'l1', 'c-new', 'app', 'four', 'agent', 'SENT', 7, 80, NULL, NULL);
        UPDATE message_sequence SET value = 7;
        """

    private func withUpgraded(_ body: (SQLiteStore) async throws -> Void) async throws {
        let database = try TemporaryDatabase()
        let queue = try DatabaseQueue(path: database.path, configuration: Self.unsafe)
        try queue.inDatabase { connection in
            let older = Array(Migration.all.prefix { $0.version < Migration.keys.version })
            try Migrator(path: database.path, migrations: older).migrate(Connection(database: connection))
            try connection.execute(sql: Self.rows)
        }
        try queue.close()
        try await database.withStore(body)
        // The step is taken once.
        try await database.withStore { store in
            let page = try await store.messages(of: "c-new", in: .app("app"), afterSequence: 0, limit: 10)
            #expect(page?.messages.map(\.sequence) == [7, 8])
        }
    }

    private static var unsafe: Configuration {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        return configuration
    }

    @Test("keep every row, and go on where they were")
    func upgrade() async throws {
        try await withUpgraded { store in
            let old = try await store.messages(of: "c-old", in: .device(phone), afterSequence: 0, limit: 10)?.messages
            #expect(old?.map(\.id) == ["m1", "m2"] && old?.map(\.sequence) == [3, 7])
            #expect(old?.first?.body == "one\0two" && old?.first?.app == "app" && old?.first?.conversation == "c-old")
            #expect(old?.last?.status == .read && old?.last?.readAt == Timestamp(milliseconds: 70))

            let latest = try #require(try await store.latestConversation(of: phone))
            #expect(latest.conversation.id == "c-new" && latest.lastMessageID == "m3" && latest.lastSequence == 7)
            #expect(latest.conversation.userID == "anna" && latest.conversation.status == .resolved)
            #expect(try await store.conversationCounts(of: "app") == ConversationCounts(open: 2, resolved: 1))
            let row = try await store.conversationRows(of: "app", after: nil, limit: 10)
            #expect(row.map(\.conversation.id) == ["c-new", "c-old", "c-empty"])
            #expect(row.map(\.lastMessage?.id) == ["m3", "m2", nil])

            let repeated = try await store.say("four", in: ("app", "c-new"), local: "l1")
            #expect(repeated?.isNew == false && repeated?.message.id == "m3")
            #expect(try await store.say("five", in: ("app", "c-new"), local: "l2")?.message.sequence == 8)
            let read = try await store.markRead(upTo: nil, in: "c-new", scope: .device(phone), at: .epoch)
            #expect(read?.map(\.id) == ["m3"])
        }
    }

    @Test("keep their rules: no message without its conversation, none twice")
    func rules() async throws {
        try await withUpgraded { store in
            _ = try await store.say("five", in: ("app", "c-new"), local: "l2")
            let problems = try await store.pool.read { database in
                try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").count
                    + String.fetchAll(database, sql: "PRAGMA integrity_check").count { $0 != "ok" }
            }
            #expect(problems == 0)
            let insert = "INSERT INTO messages (id, local_id, conversation, body, sender, sequence, created_at) VALUES "
            for row in [
                "('m9', 'l9', 99, 'x', 'user', 9, 1)", "('m9', 'l1', 2, 'x', 'user', 9, 1)",
                "('m9', 'l9', 2, 'x', 'user', 3, 1)", "('m1', 'l9', 2, 'x', 'user', 9, 1)",
            ] {
                await #expect(throws: DatabaseError.self) {
                    try await store.pool.write { try $0.execute(sql: insert + row) }
                }
            }
        }
    }
}
