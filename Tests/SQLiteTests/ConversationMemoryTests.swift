import GRDB
import PluginAPI
import Testing

@testable import SQLitePlugin

@Suite("SQLite store: what the writer remembers of conversations")
struct ConversationMemoryTests {
    @Test("another process's change is seen by the next message")
    func otherProcess() async throws {
        let database = try TemporaryDatabase()
        try await database.withStore { store in
            let place = try await store.makeConversation()
            #expect(try await store.say("one", in: place)?.reopened == false)
            let other = try DatabaseQueue(path: database.path)
            try await other.write {
                try $0.execute(sql: "UPDATE conversations SET status = 'resolved', user_id = 'anna'")
            }
            let stored = try #require(try await store.say("two", in: place))
            #expect(stored.reopened && stored.conversation.userID == "anna")
            let moved = """
                INSERT INTO apps (id, name, api_key_hash, created_at, updated_at) VALUES ('x', 'X', 'hash', 0, 0);
                UPDATE conversations SET app_id = 'x';
                """
            try await other.write { try $0.execute(sql: moved) }
            try other.close()
            #expect(try await store.say("three", in: place) == nil)
        }
    }

    @Test("so is every change of this one: status, user, metadata; and a batch that is taken back leaves no trace")
    func ownWrites() async throws {
        try await TemporaryDatabase().withStore { store in
            let place = try await store.makeConversation()
            let phone = DeviceIdentity(app: place.app, device: "phone")
            _ = try await store.say("one", in: place)
            _ = try await store.setStatus(.resolved, of: place.conversation, in: .app(place.app), at: .epoch)
            #expect(try await store.say("two", in: place)?.reopened == true)
            #expect(try await store.say("three", in: place)?.reopened == false)
            try await store.identify(UserProfile(id: "anna", name: "Anna"), on: phone, at: .epoch)
            let known = try #require(try await store.say("four", in: place)?.conversation)
            #expect(known.userID == "anna" && known.metadata["user"]?["name"]?.stringValue == "Anna")

            _ = try await store.setStatus(.resolved, of: place.conversation, in: .app(place.app), at: .epoch)
            await #expect(throws: ChatError.self) {
                try await store.writer.write(changesConversations: false) { transaction in
                    _ = try transaction.connection.run("UPDATE conversations SET status = 'open'")
                    _ = try transaction.conversation(place.conversation, in: .app(place.app))
                    throw ChatError(.conflict, "taken back")
                }
            }
            #expect(try await store.say("five", in: place)?.reopened == true)
        }
    }

    @Test("there is a bound to it")
    func bound() throws {
        let memory = ConversationMemory()
        let ids = (0...ConversationMemory.capacity).map { ConversationID("c\($0)") }
        for id in ids {
            let conversation = Conversation(
                id: id, visitorID: "v", app: "a", device: "d", userID: nil, status: .open, metadata: [:],
                createdAt: .epoch, updatedAt: .epoch)
            memory.remember(StoredConversation(key: 1, conversation: conversation))
        }
        #expect(memory[ids[0]] == nil && memory[ids[1]] != nil && memory[ids[ids.count - 1]] != nil)
        memory.removeAll()
        #expect(memory[ids[1]] == nil)
    }

    @Test("what is remembered is shown to its own app and device only")
    func scope() async throws {
        try await TemporaryDatabase().withStore { store in
            let place = try await store.makeConversation()
            _ = try await store.say("one", in: place)
            let others: [ConversationScope] = [
                .app("other"), .device(DeviceIdentity(app: place.app, device: "pad")),
                .device(DeviceIdentity(app: "other", device: "phone")),
            ]
            for scope in others {
                let new = NewMessage(
                    id: "m9", localID: "l9", conversation: place.conversation, scope: scope, sender: .user, body: "x",
                    at: .epoch)
                #expect(try await store.append(new) { _ in } == nil)
            }
            #expect(try await store.say("two", in: place)?.message.sequence == 2)
        }
    }
}
