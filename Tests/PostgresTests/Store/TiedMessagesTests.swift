import PluginAPI
import Testing

@testable import PostgresPlugin

@Suite("PostgreSQL store: messages that others gave one time")
struct TiedMessagesTests {
    @Test("a page does not end between messages of one millisecond")
    func ties() async throws {
        let database = try await TestDatabase()
        try await database.withFreshStore { store in
            let place = try await store.makePlace()
            for number in 0..<25 {
                let new = NewMessage(
                    id: MessageID(IDGenerator.message()), localID: LocalMessageID(IDGenerator.uuidV4()),
                    conversation: place.conversation, scope: place.scope, sender: .user, body: "\(number)", at: .epoch)
                _ = try await store.append(new) { _ in }
            }
            let all = (0..<25).map { String($0) }
            for step in [1, 2, 7, 25] {
                _ = try await database.run(
                    """
                    UPDATE messages SET created_at = timestamp '2026-01-01'
                        + (body::int / \(step)) * interval '1 millisecond'
                    """)
                for limit in [1, 2, 3, 5, 7, 24, 25] {
                    var seen: [Message] = []
                    while let page = try await store.messages(
                        of: place.conversation, in: place.scope, createdAfter: seen.last?.createdAt, limit: limit)
                    {
                        seen += page.messages
                        if !page.hasMore || page.messages.isEmpty { break }
                    }
                    #expect(seen.map(\.body) == all, "\(limit) a page, \(step) a millisecond")
                }
            }
        }
    }
}
