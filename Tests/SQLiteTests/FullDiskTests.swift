import GRDB
import PluginAPI
import Testing

@testable import SQLitePlugin

@Suite("SQLite store: no room")
struct FullDiskTests {
    private func limit(_ store: SQLiteStore, toPages pages: Int?) async throws {
        try await store.pool.writeWithoutTransaction { database in
            let now = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            _ = try Int.fetchOne(database, sql: "PRAGMA max_page_count = \(pages.map { now + $0 } ?? 1_000_000)")
        }
    }

    @Test("a full disk is told as such, acknowledges nothing that is not stored, and passes")
    func full() async throws {
        try await TemporaryDatabase().withStore { store in
            let place = try await store.makeConversation()
            try await limit(store, toPages: 20)
            let body = String(repeating: "x", count: 1_000)
            let answers = try await withThrowingTaskGroup { group in
                for number in 0..<400 {
                    group.addTask { () -> (local: String, id: MessageID?) in
                        do {
                            return ("\(number)", try await store.say(body, in: place, local: "\(number)")?.message.id)
                        } catch let error as ChatError {
                            #expect(error.code == .storageFull)
                            return ("\(number)", nil)
                        }
                    }
                }
                return try await group.reduce(into: [(local: String, id: MessageID?)]()) { $0.append($1) }
            }
            let acknowledged = answers.compactMap(\.id)
            #expect(acknowledged.count < 400 && acknowledged.count > 0)
            #expect(try await Set(store.everything(in: place).map(\.id)) == Set(acknowledged))

            try await limit(store, toPages: nil)
            for answer in answers {
                let stored = try #require(try await store.say(body, in: place, local: answer.local))
                #expect(stored.isNew == (answer.id == nil))
                if let id = answer.id { #expect(stored.message.id == id) }
            }
            let all = try await store.everything(in: place)
            #expect(all.count == 400 && Set(all.map(\.localID)).count == 400)
            #expect(try await store.pool.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok")
        }
    }
}
