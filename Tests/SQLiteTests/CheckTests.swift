import GRDB
import PluginAPI
import Testing

@testable import SQLitePlugin

@Suite("SQLite store: checks")
struct CheckTests {
    private static let written = [
        "UPDATE push_outbox SET state = 'sent', hold = NULL, settled_at = 1 WHERE message_id = 'm'",
        "UPDATE messages SET status = 'READ', sender = 'user' WHERE id = 'm'",
        "UPDATE devices SET platform = 'web' WHERE app_id = 'a' AND device_id = 'd'",
    ]

    @Test("no check fills a table of its own when a row is written")
    func cost() async throws {
        try await TemporaryDatabase().withStore { store in
            for sql in Self.written {
                let steps = try await store.writer.write { transaction in
                    try Row.fetchAll(transaction.connection.database, sql: "EXPLAIN " + sql).map {
                        $0["opcode"] as String
                    }
                }
                #expect(steps.contains("HaltIfNull") || steps.contains("Halt"))
                #expect(!steps.contains("OpenEphemeral"), "\(sql)")
            }
        }
    }

    @Test(
        "what is no word of the schema is refused as before, by the store's own connection and by others",
        arguments: [
            "UPDATE push_outbox SET state = 'lost'", "UPDATE push_outbox SET hold = 'rain'",
            "UPDATE messages SET sender = 'nobody'", "UPDATE messages SET status = 'sent'",
            "UPDATE devices SET platform = 'tv'",
        ])
    func refusal(_ sql: String) async throws {
        let file = try TemporaryDatabase()
        try await file.withStore { store in
            let device = DeviceIdentity(app: "app", device: "phone")
            let now = Timestamp(milliseconds: 1_000)
            try await store.createApp(App(id: "app", name: "Test", createdAt: now), keyHash: "hash")
            try await store.setPushToken(
                PushToken(token: "t", provider: .fcm, platform: .android), of: device, at: now)
            let opened = try await store.openConversation(
                NewConversation(id: "c1", visitorID: "v1", owner: device, userID: nil, deviceContext: nil, at: now))
            let message = NewMessage(
                id: "m1", localID: "l1", conversation: opened.conversation.id, scope: .app("app"), sender: .agent,
                body: "a", at: now, push: PushIntent(due: now, expires: now + .seconds(60)))
            #expect(try await store.append(message) { _ in } != nil)
            await #expect(throws: ChatError.self) {
                _ = try await store.writer.write { try $0.connection.run(sql) }
            }
            let other = try DatabaseQueue(path: file.path)
            await #expect(throws: DatabaseError.self) { try await other.write { try $0.execute(sql: sql) } }
            let found = try await other.read { try String.fetchAll($0, sql: "PRAGMA integrity_check") }
            #expect(found == ["ok"])
        }
    }
}
