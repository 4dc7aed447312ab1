import Foundation
import GRDB
import PluginAPI
import StoreConformance
import Testing

@testable import SQLitePlugin

@Suite("SQLite archive")
struct ArchiveTests {
    private func open(_ path: String, _ purpose: ArchivePurpose = .writing) async throws -> any StoreArchive {
        try await SQLiteFactory().openArchive("sqlite:\(path)", for: purpose)
    }

    /// What opening a file to read is refused with.
    private func refusal(_ url: String) async -> String {
        do {
            await (try await SQLiteFactory().openArchive(url, for: .reading)).close()
            return ""
        } catch {
            #expect((error as? ArchiveError)?.kind == .unusable)
            return "\(error)"
        }
    }

    @Test("keeps the rule", arguments: ArchiveRule.all)
    func keeps(_ rule: ArchiveRule) async throws {
        let database = try TemporaryDatabase()
        let archive = try await open(database.path)
        try await rule.check(archive)
        await archive.close()
    }

    @Test("no column of the schema is left out")
    func columns() async throws {
        let found = try await TemporaryDatabase().withStore { store in
            try await store.read { connection in
                try connection.all(
                    """
                    SELECT t.name || '.' || c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
                    WHERE t.type = 'table' AND t.name NOT IN
                        ('schema_migrations', 'message_sequence', 'sqlite_sequence', 'push_outbox', 'push_leases')
                    """
                ) { $0.text(0) }
            }
        }
        let known = ArchiveTable.allCases.flatMap { table in table.columns.map { "\(table.rawValue).\($0.name)" } }
        // Where archives have ids, tables have the number that stands for them.
        let numbers: Set = ["conversations.key", "messages.conversation"]
        let ids: Set = ["messages.conversation_id", "messages.app_id"]
        #expect(Set(found).subtracting(numbers).union(ids) == Set(known))
    }

    @Test("a store reads what was copied, and its next message has a larger number")
    func store() async throws {
        let database = try TemporaryDatabase()
        let archive = try await open(database.path)
        for (table, rows) in ArchiveSamples.all() { try await archive.insert(rows, into: table) }
        try await archive.raiseSequence(to: 6_000_000_000)
        await archive.close()
        try await database.withStore { store in
            let app = AppID(ArchiveSamples.app)
            #expect(try await store.app(app)?.name == "Ünï\0code")
            #expect(try await store.credentials(of: app)?.previousKeyExpiresAt == Timestamp(milliseconds: 9))
            let conversation = try #require(try await store.conversationRows(of: app, after: nil, limit: 100).first)
            let stored = try await store.say("next", in: (app, conversation.conversation.id))
            #expect(stored?.message.sequence == 6_000_000_001)
        }
        let reader = try await open(database.path, .reading)
        #expect(try await reader.lastSequence() == 6_000_000_001)
        #expect(try await reader.rowCount(of: .messages) == 46)
        await reader.close()
    }

    @Test("a page is a walk along the table, without sorting", arguments: ArchiveTable.allCases)
    func plan(_ table: ArchiveTable) async throws {
        try await TemporaryDatabase().withStore { store in
            let key = ArchiveKey(table.keyColumns.map { _ in .integer(0) }[...])
            let steps = try await store.read { connection in
                try connection.all("EXPLAIN QUERY PLAN " + table.pageStatement(after: key)) { $0.text(3) }
            }
            #expect(!steps.isEmpty)
            for step in steps { #expect(step.hasPrefix("SEARCH") && !step.contains("TEMP B-TREE"), "\(step)") }
        }
    }

    @Test("a file that a store has open is refused, and one that is being copied cannot be opened")
    func alone() async throws {
        let database = try TemporaryDatabase()
        try await database.withStore { store in
            _ = try await store.makeConversation()
            #expect(await refusal("sqlite:\(database.path)").contains("another process uses it"))
            await #expect(throws: ArchiveError.self) { try await open(database.path, .writing) }
        }
        let archive = try await open(database.path, .reading)
        await #expect(throws: StoreStartError.self) {
            try await SQLiteStore.open(SQLiteOptions(path: database.path, busyTimeout: .zero)).close()
        }
        await archive.close()
        let apps = try await database.withStore { try await $0.apps() }
        #expect(apps.count == 1)
    }

    @Test("what cannot be read is told in one line: nothing there, no database, another program's, an old schema")
    func refusals() async throws {
        let database = try TemporaryDatabase()
        #expect(await refusal("sqlite:").contains("sqlite:replyhq.db"))
        #expect(await refusal("sqlite::memory:").contains("sqlite:replyhq.db"))
        #expect(await refusal("sqlite:\(database.path)").contains("no such file"))
        #expect(!FileManager.default.fileExists(atPath: database.path))

        let text = database.folder + "/notes.txt"
        try Data(repeating: 65, count: 5_000).write(to: URL(fileURLWithPath: text))
        #expect(await refusal("file:\(text)").contains("not a SQLite database"))

        let other = try DatabaseQueue(path: database.folder + "/other.db")
        try await other.write { try $0.execute(sql: "CREATE TABLE notes (text)") }
        try other.close()
        #expect(await refusal("sqlite://\(database.folder)/other.db").contains("another program"))

        try await database.withStore { store in
            try await store.pool.write {
                try $0.execute(
                    sql: "DELETE FROM schema_migrations WHERE version = (SELECT max(version) FROM schema_migrations)")
            }
        }
        #expect(await refusal("sqlite:\(database.path)?mode=ro").contains("replyhq migrate apply"))
    }

    @Test("paths are read as DATABASE_URL is")
    func paths() {
        for (url, path) in [
            ("sqlite:app.db", "app.db"), ("sqlite:///var/app.db", "/var/app.db"), ("SQLITE3:a.db?x=1", "a.db"),
            ("file:./a.db", "./a.db"), ("sqlite://a.db", "a.db"),
        ] {
            #expect(ArchiveFile.path(of: url) == path)
        }
        for url in ["app.db", "postgres://host/db", "sqlite:", "sqlite://"] {
            #expect(ArchiveFile.path(of: url) == nil)
        }
    }
}
