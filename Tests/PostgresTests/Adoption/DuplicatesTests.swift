import PluginAPI
import Testing

@testable import PostgresPlugin

private let app = AppID("app-1")
private let phone = DeviceIdentity(app: app, device: DeviceID("phone"))

extension TakingOver {
    @Suite("Conversations that the old server makes twice")
    struct DuplicatesTests {
        private func opening(_ id: String) -> NewConversation {
            NewConversation(
                id: ConversationID(id), visitorID: VisitorID("vis"), owner: phone, userID: nil, deviceContext: nil,
                at: Timestamp(milliseconds: 1_770_000_000_000))
        }

        private func superseded(_ database: TestDatabase) async throws -> [String: String?] {
            let rows = try await database.run("SELECT id, superseded_by FROM conversations WHERE device_id = 'phone'")
            return Dictionary(rows.map { ($0[0] ?? "", $0[1]) }, uniquingKeysWith: { first, _ in first })
        }

        @Test("give way to the newest, the larger id of equal ones", arguments: SchemaAge.allCases)
        func newest(_ age: SchemaAge) async throws {
            let database = try await TestDatabase.reference(age, messages: 2_000)
            let wanted = """
                SELECT string_agg(id, ',' ORDER BY id) FROM (
                    SELECT DISTINCT ON (app_id, device_id, coalesce(user_id, '')) id FROM conversations
                    ORDER BY app_id, device_id, coalesce(user_id, ''), updated_at DESC, id DESC) newest
                """
            let before = try await database.value(wanted)
            try await database.schemaWork { try Adopter(connection: $0).adopt(from: age) }
            let after = "SELECT string_agg(id, ',' ORDER BY id) FROM conversations WHERE superseded_by IS NULL"
            #expect(try await database.value(after) == before)
            // And all of them can be read, and listed.
            try await database.withStore { store in
                let twins = "SELECT id FROM conversations WHERE superseded_by IS NOT NULL AND app_id = 'app-1'"
                let twin = try #require(try await database.value(twins))
                #expect(try await store.conversation(ConversationID(twin), in: .app(app)) != nil)
            }
        }

        @Test("are no error for either of two requests that race", arguments: SchemaAge.allCases)
        func oldAgainstOld(_ age: SchemaAge) async throws {
            let database = try await TestDatabase.adopted(age)
            let url = database.url
            let first = OldServer(age: age, session: try SQLSession(url))
            try first.session.run("BEGIN")
            try first.insertConversation("conv_a", app: "app-1", device: "phone")
            async let second: Void = DedicatedThread.run(named: "test") {
                try OldServer(age: age, session: try SQLSession(url)).insertConversation(
                    "conv_b", app: "app-1", device: "phone")
            }
            try await database.waitForWaiter("conv_b")
            try first.session.run("COMMIT")
            try await second
            #expect(try await superseded(database) == ["conv_a": nil, "conv_b": "conv_a"])
        }

        @Test("are found as one by ours when the old server was first", arguments: SchemaAge.allCases)
        func oldAgainstOurs(_ age: SchemaAge) async throws {
            let database = try await TestDatabase.adopted(age)
            try await database.withStore { store in
                let old = OldServer(age: age, session: try SQLSession(database.url))
                try old.session.run("BEGIN")
                try old.insertConversation("conv_a", app: "app-1", device: "phone")
                async let ours = store.openConversation(opening("conv_b"))
                try await database.waitForWaiter("conversations")
                try old.session.run("COMMIT")
                let (conversation, isNew) = try await ours
                #expect(conversation.id == ConversationID("conv_a") && !isNew)
            }
            #expect(try await superseded(database) == ["conv_a": nil])
        }

        @Test("give way to ours when ours was first", arguments: SchemaAge.allCases)
        func oursAgainstOld(_ age: SchemaAge) async throws {
            let database = try await TestDatabase.adopted(age)
            try await database.withStore { store in
                _ = try await store.openConversation(opening("conv_a"))
                let old = OldServer(age: age, session: try SQLSession(database.url))
                try old.insertConversation("conv_b", app: "app-1", device: "phone")
                #expect(try await store.openConversation(opening("conv_c")).conversation.id == ConversationID("conv_a"))
                // Both go on: the old server may choose either.
                try old.insertMessage("old_1", in: "conv_b")
            }
            #expect(try await superseded(database) == ["conv_a": nil, "conv_b": "conv_a"])
        }

        @Test("come back when the one they gave way to gets a user", arguments: SchemaAge.allCases)
        func heirs(_ age: SchemaAge) async throws {
            let database = try await TestDatabase.adopted(age)
            try await database.withStore { store in
                _ = try await store.openConversation(opening("conv_a"))
                let old = OldServer(age: age, session: try SQLSession(database.url))
                try old.insertConversation("conv_b", app: "app-1", device: "phone", at: "2026-02-01 09:00:00")
                try old.insertConversation("conv_c", app: "app-1", device: "phone", at: "2026-02-01 09:00:01")
                let ann = UserProfile(id: UserID("ann"), name: nil, email: nil, attributes: [:])
                try await store.identify(ann, on: phone, at: Timestamp(milliseconds: 1_770_000_000_000))
                #expect(try await store.openConversation(opening("conv_d")).conversation.id == ConversationID("conv_c"))
            }
            #expect(try await superseded(database) == ["conv_a": nil, "conv_b": "conv_c", "conv_c": nil])
            for (rule, question) in DerivedColumns.questions {
                #expect(try await database.value(question) == "0", "\(rule)")
            }
        }
    }
}
