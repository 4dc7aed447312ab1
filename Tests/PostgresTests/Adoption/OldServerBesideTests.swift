import PluginAPI
import Testing

@testable import PostgresPlugin

/// A conversation of the fixtures' shape that both servers write to.
private let app = AppID("app-1")
private let phone = DeviceIdentity(app: app, device: DeviceID("phone"))

extension TakingOver {
    @Suite("The old server beside ours")
    struct OldServerBesideTests {
        private func opening(_ id: String, user: UserID? = nil, on device: DeviceIdentity = phone) -> NewConversation {
            NewConversation(
                id: ConversationID(id), visitorID: VisitorID("vis"), owner: device, userID: user, deviceContext: nil,
                at: Timestamp(milliseconds: 1_770_000_000_000))
        }

        private func message(_ id: String, in conversation: ConversationID, local: String? = nil) -> NewMessage {
            NewMessage(
                id: MessageID(id), localID: LocalMessageID(local ?? "local-\(id)"), conversation: conversation,
                scope: .app(app), sender: .agent, body: "by ours", at: Timestamp(milliseconds: 1_770_000_000_000))
        }

        private func expectSound(_ database: TestDatabase) async throws {
            for (rule, question) in DerivedColumns.questions {
                #expect(try await database.value(question) == "0", "\(rule)")
            }
        }

        @Test("numbers messages with one counter, and each sees the other's at once", arguments: SchemaAge.allCases)
        func messages(_ age: SchemaAge) async throws {
            let database = try await TestDatabase.adopted(age)
            try await database.withStore { store in
                let old = OldServer(age: age, session: try SQLSession(database.url))
                let (conversation, isNew) = try await store.openConversation(opening("conv_both"))
                #expect(isNew)

                let first = try old.insertMessage("old_1", in: "conv_both", at: "2026-03-01 10:00:00.5")
                let second = try #require(try await store.append(message("new_1", in: conversation.id)) { _ in })
                let third = try old.insertMessage("old_2", in: "conv_both", at: "2026-03-01 10:00:01")
                #expect(first < second.message.sequence && second.message.sequence < third)
                #expect(try old.messages(of: "conv_both", after: 0) == [first, second.message.sequence, third])

                let page = try #require(
                    try await store.messages(of: conversation.id, in: .app(app), afterSequence: 0, limit: 10))
                #expect(page.messages.map(\.id.rawValue) == ["old_1", "new_1", "old_2"])
                #expect(page.messages.allSatisfy { $0.app == app })
                let head = try #require(try await store.conversation(conversation.id, in: .app(app)))
                #expect(head.lastMessageID == MessageID("old_2"))
                #expect("\(head.conversation.updatedAt)" == "2026-03-01T10:00:01.000Z")

                // A client repeats at the other server what the first has stored.
                let again = try #require(
                    try await store.append(message("new_2", in: conversation.id, local: "local-old_1")) { _ in
                        Issue.record("a repeat is announced")
                    })
                #expect(!again.isNew && again.message.id == MessageID("old_1"))
                #expect(try old.upsertMessage("old_3", local: "local-new_1", in: "conv_both").first == "new_1")
            }
            try await expectSound(database)
        }

        @Test("times receipts that the old server gives, and reopens for users", arguments: SchemaAge.allCases)
        func receipts(_ age: SchemaAge) async throws {
            let database = try await TestDatabase.adopted(age)
            try await database.withStore { store in
                let old = OldServer(age: age, session: try SQLSession(database.url))
                let (conversation, _) = try await store.openConversation(opening("conv_read"))
                _ = try await store.append(message("new_1", in: conversation.id)) { _ in }
                try old.setStatus("READ", ofMessage: "new_1")
                let now = Timestamp(milliseconds: 1_770_000_001_000)
                _ = try await store.setStatus(.resolved, of: conversation.id, in: .app(app), at: now)
                try old.insertMessage("old_1", in: "conv_read", sender: "agent")
                #expect(try await store.conversation(conversation.id, in: .app(app))?.conversation.status == .resolved)
                try old.insertMessage("old_2", in: "conv_read", sender: "user")
                #expect(try await store.conversation(conversation.id, in: .app(app))?.conversation.status == .open)

                let page = try await store.messages(of: conversation.id, in: .app(app), afterSequence: 0, limit: 1)
                let read = try #require(page?.messages.first)
                #expect(read.status == .read && read.readAt != nil && read.deliveredAt != nil)
            }
        }

        @Test("never makes a number visible after a larger one of the conversation", arguments: SchemaAge.allCases)
        func order(_ age: SchemaAge) async throws {
            let database = try await TestDatabase.adopted(age)
            try await database.withStore { store in
                let (conversation, _) = try await store.openConversation(opening("conv_order"))
                // Somebody holds the conversation; the old server draws its number and waits.
                let holder = try SQLSession(database.url)
                try holder.run("BEGIN; SELECT FROM conversations WHERE id = 'conv_order' FOR NO KEY UPDATE")
                let url = database.url
                async let late = DedicatedThread.run(named: "test") {
                    try OldServer(age: age, session: try SQLSession(url)).insertMessage("old_late", in: "conv_order")
                }
                try await database.waitForWaiter("old_late")
                let ours = try holder.run(
                    """
                    INSERT INTO messages (id, local_id, body, sender, conversation_id, app_id)
                    VALUES ('new_first', 'l', 'b', 'agent', 'conv_order', 'app-1') RETURNING sequence
                    """
                ).first?[0].flatMap { Int64($0) }
                try holder.run("COMMIT")
                #expect(try await late > ours ?? .max)
                let page = try await store.messages(of: conversation.id, in: .app(app), afterSequence: 0, limit: 9)
                #expect(page?.messages.map(\.id.rawValue) == ["new_first", "old_late"])
            }
            try await expectSound(database)
        }

        @Test("says of a local id that another conversation has it, and stores nothing", arguments: SchemaAge.allCases)
        func localIDs(_ age: SchemaAge) async throws {
            let database = try await TestDatabase.adopted(age)
            try await database.withStore { store in
                let (one, _) = try await store.openConversation(opening("conv_one"))
                let (other, _) = try await store.openConversation(opening("conv_other", user: UserID("u")))
                _ = try await store.append(message("new_1", in: one.id, local: "same")) { _ in }
                let error = await #expect(throws: ChatError.self) {
                    _ = try await store.append(message("new_2", in: other.id, local: "same")) { _ in }
                }
                #expect(error?.code == .conflict)
                let page = try await store.messages(of: other.id, in: .app(app), afterSequence: 0, limit: 9)
                #expect(page?.messages.isEmpty == true)
            }
        }

        @Test("keeps devices, their users and their tokens readable", arguments: SchemaAge.allCases)
        func devices(_ age: SchemaAge) async throws {
            let database = try await TestDatabase.adopted(age)
            try await database.withStore { store in
                let old = OldServer(age: age, session: try SQLSession(database.url))
                _ = try await store.openConversation(opening("conv_phone"))
                try old.identify("ann", app: "app-1", device: "phone")
                try old.setPushToken("token-of-phone", app: "app-1", device: "phone", platform: "ios")
                let token = try #require(try await store.pushToken(of: phone))
                #expect(token.token == "token-of-phone" && token.provider == .apns && token.platform == .ios)
                let found = try await store.openConversation(opening("conv_new", user: UserID("ann")))
                #expect(found.conversation.id == ConversationID("conv_phone") && !found.isNew)
                #expect(try await store.devices(of: .user(UserID("ann")), app: app).map(\.identity) == [phone])
            }
            try await expectSound(database)
        }
    }
}
