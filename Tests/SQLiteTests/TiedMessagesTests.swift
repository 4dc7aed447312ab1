import GRDB
import PluginAPI
import Testing

@testable import SQLitePlugin

@Suite("SQLite store: messages that others gave one time, or one that goes back")
struct TiedMessagesTests {
    /// Pages by time as clients do: after the last one's.
    private func paged(
        _ store: SQLiteStore, _ place: (app: AppID, conversation: ConversationID), limit: Int
    ) async throws -> [Int64] {
        var seen: [Message] = []
        while let page = try await store.messages(
            of: place.conversation, in: .app(place.app), createdAfter: seen.last?.createdAt, limit: limit)
        {
            seen += page.messages
            if !page.hasMore || page.messages.isEmpty { break }
        }
        return seen.map(\.sequence)
    }

    @Test("a page does not end between messages of one millisecond", arguments: [1, 2, 3, 5, 7, 24, 25])
    func ties(limit: Int) async throws {
        try await TemporaryDatabase().withStore { store in
            let place = try await store.makeConversation()
            for _ in 0..<25 { try await store.say("x", in: place) }
            let all = try await store.everything(in: place).map(\.sequence)
            for step in [1, 2, 7, 25] {
                try await store.pool.write {
                    try $0.execute(sql: "UPDATE messages SET created_at = 1000 + sequence / ?", arguments: [step])
                }
                #expect(try await paged(store, place, limit: limit) == all)
            }
            try await store.pool.write { try $0.execute(sql: "UPDATE messages SET created_at = 1000") }
            let page = try await store.messages(
                of: place.conversation, in: .app(place.app), createdAfter: nil, limit: limit)
            #expect(page?.messages.count == 25 && page?.hasMore == false)
        }
    }

    @Test("a new message is later than all that are there, also where an earlier clock ran ahead")
    func afterAll() async throws {
        let database = try TemporaryDatabase()
        let place = try await database.withStore { store in
            let place = try await store.makeConversation()
            for _ in 0..<3 { try await store.say("x", in: place) }
            try await store.pool.write {
                try $0.execute(sql: "UPDATE messages SET created_at = 9000000000000 WHERE sequence = 2")
            }
            return place
        }
        try await database.withStore { store in
            let stored = try await store.say("y", in: place)
            #expect(stored?.message.createdAt == Timestamp(milliseconds: 9_000_000_000_001))
        }
    }
}
