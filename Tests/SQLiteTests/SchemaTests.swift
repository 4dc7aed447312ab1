import Foundation
import PluginAPI
import Synchronization
import Testing

@testable import SQLitePlugin

@Suite("SQLite store: the schema from outside")
struct SchemaTests {
    @Test("looking makes no file; applying takes each step once and says so")
    func steps() async throws {
        let database = try TemporaryDatabase()
        let schema = SQLiteSchema(options: SQLiteOptions(path: database.path))
        #expect(try await schema.status().pending == Migration.all.count)
        #expect(try await schema.plan(finalizing: false) == Migration.all.map(\.step))
        #expect(!FileManager.default.fileExists(atPath: database.path))

        let heard = Mutex<[SchemaProgress]>([])
        let begun = Migration.all.map { SchemaProgress.began($0.step) }
        for _ in 0..<2 { try await schema.apply(finalizing: true) { event in heard.withLock { $0.append(event) } } }
        let events = heard.withLock { $0 }
        #expect(events.count == begun.count * 2)
        #expect(events.filter { if case .began = $0 { true } else { false } } == begun)
        let status = try await schema.status()
        #expect(status.pending == 0 && status.applied.map(\.version) == Migration.all.map(\.version))
        #expect(try await schema.plan(finalizing: true).isEmpty)
    }

    @Test("looking while the server runs disturbs nobody")
    func beside() async throws {
        let database = try TemporaryDatabase()
        try await database.withStore { store in
            let place = try await store.makeConversation()
            let schema = SQLiteSchema(options: SQLiteOptions(path: database.path))
            #expect(try await schema.status().pending == 0)
            #expect(try await store.say("x", in: place)?.isNew == true)
        }
    }

    @Test("another program's file is refused in one line")
    func foreign() async throws {
        let database = try TemporaryDatabase()
        try "not a database, and long enough to be read as one".write(
            toFile: database.path, atomically: true, encoding: .utf8)
        await #expect(throws: StoreStartError.self) {
            _ = try await SQLiteSchema(options: SQLiteOptions(path: database.path)).status()
        }
    }
}
