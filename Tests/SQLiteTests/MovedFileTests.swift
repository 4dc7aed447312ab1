import Foundation
import GRDB
import PluginAPI
import Synchronization
import Testing

@testable import SQLitePlugin

@Suite("SQLite store: its file under a running server")
struct MovedFileTests {
    /// What was told of writing, nil for that it works again.
    private final class Told: Sendable {
        private let all = Mutex<[String?]>([])
        var lines: [String?] { all.withLock { $0 } }
        func add(_ line: String?) { all.withLock { $0.append(line) } }
    }

    private func withServer(
        _ body: (SQLiteStore, TemporaryDatabase, Told) async throws -> Void
    ) async throws {
        let (database, told) = (try TemporaryDatabase(), Told())
        let store = try await SQLiteStore.open(
            SQLiteOptions(path: database.path), latch: FaultLatch(calm: .zero), writingChanged: { told.add($0) })
        do {
            try await body(store, database, told)
        } catch {
            try? await store.close()
            throw error
        }
        try? await store.close()
    }

    @Test("moved away takes nothing more, says so once, and works again when it is back", arguments: ["", "-wal"])
    func moved(_ ending: String) async throws {
        try await withServer { store, database, told in
            let place = try await store.makeConversation()
            let (path, away) = (database.path + ending, database.folder + "/away")
            try FileManager.default.moveItem(atPath: path, toPath: away)
            for _ in 0..<3 {
                let refused = await #expect(throws: ChatError.self) { try await store.say("Lost?", in: place) }
                #expect(refused?.code == .unavailable)
            }
            let trouble = await store.trouble()
            await #expect(throws: ChatError.self) { try await store.checkHealth() }
            #expect(trouble?.description.contains("moved away or deleted") == true)
            await store.look()
            try FileManager.default.moveItem(atPath: away, toPath: path)
            await store.look()
            try await store.checkHealth()
            #expect(try await store.say("Kept", in: place)?.isNew == true)
            #expect(told.lines.count == 2 && told.lines[0] != nil && told.lines[1] == nil)
        }
    }

    @Test("replaced by another is told, whoever looks first")
    func replaced() async throws {
        try await withServer { store, database, told in
            let place = try await store.makeConversation()
            try FileManager.default.removeItem(atPath: database.path)
            try Data().write(to: URL(fileURLWithPath: database.path))
            await store.look()
            #expect(told.lines.count == 1)
            let trouble = await store.trouble()
            await #expect(throws: ChatError.self) { try await store.checkHealth() }
            #expect(trouble?.description.contains("replaced by another") == true)
            await #expect(throws: ChatError.self) { try await store.say("Lost?", in: place) }
        }
    }

    @Test("with no room is told once each way, however many small writes succeed in between")
    func full() async throws {
        try await withServer { store, _, told in
            let place = try await store.makeConversation()
            try await store.pool.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA max_page_count = 40")
            }
            let long = String(repeating: "x", count: 100_000)
            for _ in 0..<5 {
                let refused = await #expect(throws: ChatError.self) { try await store.say(long, in: place) }
                #expect(refused?.code == .storageFull)
                try await store.say("short", in: place)
                await #expect(throws: ChatError.self) { try await store.checkHealth() }
                await store.look()
            }
            #expect(told.lines.count == 1)
            try await store.pool.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA max_page_count = 1000000")
            }
            await store.look()
            #expect(told.lines.count == 2 && told.lines[1] == nil)
            try await store.checkHealth()
            try await store.say(long, in: place)
            let left = try await store.pool.read { database in
                try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema WHERE name = 'room_probe'")
            }
            #expect(left == 0)
        }
    }
}
