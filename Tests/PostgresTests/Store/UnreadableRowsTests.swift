import PluginAPI
import Testing

@testable import PostgresPlugin

@Suite("PostgreSQL store: rows nobody here wrote")
struct UnreadableRowsTests {
    @Test(
        "metadata that is no JSON object is an internal error that names the column",
        arguments: ["[]", "1", "null", "\"x\""])
    func metadata(_ text: String) async throws {
        let database = try await TestDatabase()
        try await database.withFreshStore { store in
            let place = try await store.makePlace()
            try await database.run("UPDATE conversations SET metadata = '\(text)'")
            do {
                _ = try await store.conversation(place.conversation, in: place.scope)
                Issue.record("read what cannot be read")
            } catch let error as ChatError {
                #expect(error.code == .internalError)
                #expect((error.underlying as? UnreadableColumn)?.column == "metadata")
            }
            // Neither merging nor adopting makes it worse.
            await #expect(throws: ChatError.self) {
                _ = try await store.open(place, context: DeviceContext(platform: .ios))
            }
            try await store.identify(UserProfile(id: "u1"), on: place.owner, at: .epoch)
            #expect(try await database.run("SELECT metadata FROM conversations") == [[text]])
            try await database.run("UPDATE conversations SET metadata = '{}'")
            #expect(try await store.say("x", in: place)?.isNew == true)
        }
    }

    @Test("an unknown word or an instant beyond the calendar never stops the process")
    func words() async throws {
        let database = try await TestDatabase()
        try await database.withFreshStore { store in
            let place = try await store.makePlace()
            try await store.say("x", in: place)
            try await database.run(
                """
                ALTER TABLE messages DROP CONSTRAINT messages_status_word;
                UPDATE messages SET status = 'LOST'
                """)
            try await expectInternalError { _ = try await store.everything(in: place) }
            try await database.run("UPDATE messages SET status = 'SENT', created_at = 'infinity'")
            try await expectInternalError { _ = try await store.everything(in: place) }
            try await database.run("UPDATE messages SET created_at = '2026-01-01 00:00:00'")
            #expect(try await store.everything(in: place).count == 1)
        }
    }

    private func expectInternalError(_ body: () async throws -> Void) async throws {
        do {
            try await body()
            Issue.record("read what cannot be read")
        } catch let error as ChatError {
            #expect(error.code == .internalError)
        }
    }
}
