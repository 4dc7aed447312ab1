import Testing

@testable import PluginAPI
@testable import SQLitePlugin

/// What a cluster reads of a store.
@Suite("SQLite store: looks at apps")
struct MissedMessagesTests {
    @Test("a look reads the newest conversations, and all that changed lately where those are more")
    func look() async throws {
        try await TemporaryDatabase().withStore { store in
            let app = AppID(IDGenerator.uuidV4())
            try await store.createApp(App(id: app, name: "Test", createdAt: .epoch), keyHash: "hash")
            for number in 0..<60 {
                _ = try await store.openConversation(
                    NewConversation(
                        id: ConversationID("c\(number)"), visitorID: VisitorID(IDGenerator.visitor()),
                        owner: DeviceIdentity(app: app, device: DeviceID("d\(number)")), userID: nil,
                        deviceContext: nil, at: Timestamp(milliseconds: Int64(1_000 + number))))
            }
            let missed = StoredMessages(store: store)
            let few = try await missed.look(at: app, backTo: Timestamp(milliseconds: 1_011))
            #expect(few.rows.count == 50 && few.next?.at == Timestamp(milliseconds: 1_010))
            #expect(
                ClusterCore.AppLook(few, begunAt: .uptimeNanoseconds(0)).horizon == Timestamp(milliseconds: 1_010))
            // There may be another one of the same time.
            let all = try await missed.look(at: app, backTo: Timestamp(milliseconds: 1_010))
            #expect(all.rows.count == 60 && all.next == nil)
            #expect(ClusterCore.AppLook(all, begunAt: .uptimeNanoseconds(0)).horizon == .epoch)
        }
    }

    @Test("what was created after an instant is read on by number")
    func createdAfter() async throws {
        try await TemporaryDatabase().withStore { store in
            let place = try await store.makeConversation()
            for _ in 0..<3 { try await store.say("x", in: place) }
            let messages = try await store.everything(in: place)
            let missed = StoredMessages(store: store)
            let page = try await missed.page(
                of: place.conversation, of: place.app, createdAfter: messages[0].createdAt)
            #expect(page.messages.map(\.sequence) == messages.dropFirst().map(\.sequence))
            #expect(page.conversation?.id == place.conversation && !page.hasMore)
            let none = try await missed.page(
                of: place.conversation, of: place.app, createdAfter: messages[2].createdAt)
            #expect(none.messages.isEmpty && none.conversation == nil)
        }
    }
}
