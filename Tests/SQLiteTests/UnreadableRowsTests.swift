import GRDB
import PluginAPI
import Testing

@testable import SQLitePlugin

@Suite("SQLite store: rows nobody here wrote")
struct UnreadableRowsTests {
    @Test(
        "metadata that is no JSON object is an internal error that names the column",
        arguments: ["{", "[]", "", "1"])
    func metadata(_ text: String) async throws {
        try await TemporaryDatabase().withStore { store in
            let place = try await store.makeConversation()
            try await store.pool.write {
                try $0.execute(sql: "UPDATE conversations SET metadata = ?", arguments: [text])
            }
            do {
                _ = try await store.conversation(place.conversation, in: .app(place.app))
                Issue.record("read what cannot be read")
            } catch let error as ChatError {
                #expect(error.code == .internalError)
                #expect((error.underlying as? UnreadableColumn)?.column == "metadata")
            }
            await #expect(throws: ChatError.self) { try await store.say("x", in: place) }
            try await store.pool.write { try $0.execute(sql: "UPDATE conversations SET metadata = '{}'") }
            #expect(try await store.say("x", in: place)?.isNew == true)
        }
    }

    @Test("an unknown word and text that is not UTF-8 never stop the process")
    func words() async throws {
        try await TemporaryDatabase().withStore { store in
            let place = try await store.makeConversation()
            try await store.say("x", in: place)
            try await store.pool.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA ignore_check_constraints = ON")
                try database.execute(sql: "UPDATE messages SET body = CAST(x'ff00fe' AS TEXT)")
            }
            #expect(try await store.everything(in: place).map(\.body) == ["\u{FFFD}\0\u{FFFD}"])
            try await store.pool.writeWithoutTransaction { try $0.execute(sql: "UPDATE messages SET status = 'LOST'") }
            do {
                _ = try await store.everything(in: place)
                Issue.record("read what cannot be read")
            } catch let error as ChatError {
                #expect(error.code == .internalError)
            }
        }
    }
}
