import Foundation
import GRDB
import PluginAPI
import Testing

@testable import SQLitePlugin

@Suite("SQLite store: opening")
struct OpeningTests {
    private func problem(_ path: String) async -> String {
        do {
            try await SQLiteStore.open(SQLiteOptions(path: path)).close()
            return ""
        } catch {
            #expect(error is StoreStartError)
            let text = "\(error)"
            #expect(!text.contains("\n") && text.contains(path))
            return text
        }
    }

    @Test("the writer really syncs each commit, in WAL mode")
    func durability() async throws {
        try await TemporaryDatabase().withStore { store in
            let found = try await store.pool.writeWithoutTransaction { database in
                try ["synchronous", "journal_mode", "foreign_keys"].map { name in
                    try String.fetchOne(database, sql: "PRAGMA \(name)")
                }
            }
            #expect(found == ["2", "wal", "1"])
        }
    }

    @Test("what was stored is there after reopening, and numbers go on, also when messages were deleted")
    func reopening() async throws {
        let database = try TemporaryDatabase()
        let place = try await database.withStore { store in
            let place = try await store.makeConversation()
            for number in 0..<3 { try await store.say("\(number)", in: place) }
            return place
        }
        try await database.withStore { store in
            #expect(try await store.everything(in: place).map(\.sequence) == [1, 2, 3])
            try await store.pool.write { try $0.execute(sql: "DELETE FROM messages") }
        }
        try await database.withStore { store in
            let next = try await store.say("next", in: place)
            #expect(next?.message.sequence == 4)
        }
    }

    @Test("a new file and what SQLite keeps beside it are their user's alone; a file that is there keeps its rights")
    func rights() async throws {
        let database = try TemporaryDatabase()
        func rights() throws -> [Int] {
            try ["", "-wal", "-shm"].map { ending in
                let attributes = try FileManager.default.attributesOfItem(atPath: database.path + ending)
                return try #require(attributes[.posixPermissions] as? Int)
            }
        }
        let new = try await database.withStore { _ in try rights() }
        #expect(new == [0o600, 0o600, 0o600])
        for name in try FileManager.default.contentsOfDirectory(atPath: database.folder) {
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o640], ofItemAtPath: database.folder + "/" + name)
        }
        let opened = try await database.withStore { _ in try rights() }
        #expect(opened == [0o640, 0o640, 0o640])
    }

    @Test("a file that is no database, a folder that is missing and a folder as file are told in one line")
    func unusable() async throws {
        let database = try TemporaryDatabase()
        #expect(await problem(database.folder + "/none/test.db").contains("cannot be opened"))
        #expect(await problem(database.folder).contains("cannot be opened"))
        let text = database.folder + "/notes.txt"
        try Data(repeating: 65, count: 5_000).write(to: URL(fileURLWithPath: text))
        #expect(await problem(text).contains("not a SQLite database"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: text)) == Data(repeating: 65, count: 5_000))
    }

    @Test("a damaged file is told as damaged")
    func damaged() async throws {
        let database = try TemporaryDatabase()
        try await database.withStore { _ = try await $0.makeConversation() }
        var bytes = try Data(contentsOf: URL(fileURLWithPath: database.path))
        bytes.replaceSubrange(100..<bytes.count, with: Data(repeating: 0xA5, count: bytes.count - 100))
        try bytes.write(to: URL(fileURLWithPath: database.path))
        #expect(await problem(database.path).contains("damaged"))
    }

    @Test("another program's database is left alone")
    func foreign() async throws {
        let database = try TemporaryDatabase()
        let queue = try DatabaseQueue(path: database.path)
        try await queue.write { try $0.execute(sql: "CREATE TABLE notes (text)") }
        try queue.close()
        #expect(await problem(database.path).contains("another program"))
        let after = try DatabaseQueue(path: database.path)
        #expect(try await after.read { try String.fetchAll($0, sql: "SELECT name FROM sqlite_schema") } == ["notes"])
    }

    @Test("a schema from a newer server, or one that differs, refuses to start")
    func schemas() async throws {
        let database = try TemporaryDatabase()
        try await database.withStore { store in
            try await store.pool.write {
                try $0.execute(sql: "INSERT INTO schema_migrations VALUES (9, 'later', 'x', 0)")
            }
        }
        let newest = Migration.all.count
        #expect(await problem(database.path).contains("schema version 9, this server knows up to \(newest)"))
        let queue = try DatabaseQueue(path: database.path)
        try await queue.write {
            try $0.execute(sql: "DELETE FROM schema_migrations WHERE version = 9")
            try $0.execute(sql: "UPDATE schema_migrations SET checksum = 'other'")
        }
        try queue.close()
        #expect(await problem(database.path).contains("different schema step 1"))
    }

    @Test("a step that fails leaves nothing behind, and steps before it stay")
    func halfWay() async throws {
        let database = try TemporaryDatabase()
        let queue = try DatabaseQueue(path: database.path)
        let good = Migration(version: 1, name: "good", statements: "CREATE TABLE a (x)")
        let bad = Migration(version: 2, name: "bad", statements: "CREATE TABLE b (x); CREATE TABLE a (x)")
        try queue.inDatabase { database in
            let connection = Connection(database: database)
            let migrator = Migrator(path: "p", migrations: [good, bad])
            #expect(throws: DatabaseError.self) { try migrator.migrate(connection) }
            let mended = Migration(version: 2, name: "bad", statements: "CREATE TABLE c (x)")
            try Migrator(path: "p", migrations: [good, mended]).migrate(connection)
            try Migrator(path: "p", migrations: [good, mended]).migrate(connection)
            let tables = try String.fetchAll(database, sql: "SELECT name FROM sqlite_schema ORDER BY name")
            #expect(tables == ["a", "c", "schema_migrations"])
        }
    }

    @Test("settings have defaults and bounds, and a path must name a file")
    func settings() throws {
        let defaults = try SQLiteOptions(Settings(nil, schema: SQLiteOptions.schema))
        #expect(defaults.path == "replyhq.db" && defaults.readers == 4 && defaults.busyTimeout == .seconds(5))
        for path in [":memory:", "", "file:x?mode=memory"] {
            let node: SettingsNode = ["path": SettingsNode(stringLiteral: path)]
            #expect(throws: SettingsError.self) { try SQLiteOptions(Settings(node, schema: SQLiteOptions.schema)) }
        }
        #expect(throws: SettingsError.self) {
            try SQLiteOptions(Settings(["readers": 65], schema: SQLiteOptions.schema))
        }
    }
}
