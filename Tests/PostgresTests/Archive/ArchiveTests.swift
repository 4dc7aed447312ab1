import PluginAPI
import StoreConformance
import Testing

@testable import PostgresPlugin

@Suite("PostgreSQL archive")
struct ArchiveTests {
    /// Lends an archive on a database with our schema.
    private func withArchive(
        _ database: TestDatabase? = nil,
        _ purpose: ArchivePurpose = .writing,
        _ body: (any StoreArchive) async throws -> Void
    ) async throws {
        let database = if let database { database } else { try await TestDatabase() }
        try await database.migrate()
        try await database.untilUnused()
        let archive = try await PostgresFactory().openArchive(database.url, for: purpose)
        do {
            try await body(archive)
            await archive.close()
        } catch {
            await archive.close()
            throw error
        }
    }

    private func refusal(_ url: String, _ purpose: ArchivePurpose = .writing) async -> String {
        do {
            await (try await PostgresFactory().openArchive(url, for: purpose)).close()
            return ""
        } catch {
            #expect((error as? ArchiveError)?.kind == .unusable)
            return "\(error)"
        }
    }

    @Test("keeps the rule", arguments: ArchiveRule.all)
    func keeps(_ rule: ArchiveRule) async throws {
        try await withArchive { try await rule.check($0) }
    }

    @Test("no column of the schema is left out, but for those that only a taken-over database uses, and of presence")
    func columns() async throws {
        let database = try await TestDatabase()
        try await database.migrate()
        let found = try await database.run(
            """
            SELECT table_name || '.' || column_name FROM information_schema.columns
            WHERE table_schema = 'public' AND table_name NOT IN
                ('schema_migrations', 'presence_leases', 'presence_shown', 'push_outbox',
                 'server_leases')
            """
        ).compactMap { $0.first ?? nil }
        let known = ArchiveTable.allCases.flatMap { table in table.columns.map { "\(table.rawValue).\($0.name)" } }
        let others = ["apps.api_key", "conversations.superseded_by", "devices.id"]
        #expect(Set(found) == Set(known + others))
    }

    @Test("a store reads what was copied; next numbers are larger, of messages and of events")
    func store() async throws {
        let database = try await TestDatabase()
        try await withArchive(database) { archive in
            for (table, rows) in ArchiveSamples.all() { try await archive.insert(rows, into: table) }
            try await archive.raiseSequence(to: 6_000_000_000)
        }
        let app = AppID(ArchiveSamples.app)
        try await database.withFreshStore { store in
            #expect(try await store.app(app)?.name == "Ünï\0code")
            #expect(try await store.credentials(of: app)?.previousKeyExpiresAt == Timestamp(milliseconds: 9))
            let rows = try await store.conversationRows(of: app, after: nil, limit: 100)
            let conversation = try #require(rows.first).conversation
            let stored = try await store.say("next", in: Place(app: app, conversation: conversation.id))
            #expect(stored?.message.sequence == 6_000_000_001)
            let identity = DeviceIdentity(app: app, device: "device-1")
            try await store.record([TrackedEvent(device: identity, userID: "u", name: "n", sessionID: "s", at: .epoch)])
        }
        try await withArchive(database, .reading) { archive in
            #expect(try await archive.lastSequence() == 6_000_000_001)
            let events = try await archive.everything(in: .events)
            #expect(events.count == ArchiveSamples.events().count + 1)
        }
    }

    @Test("reading shows one instant, whatever is written meanwhile")
    func snapshot() async throws {
        let database = try await TestDatabase()
        try await withArchive(database) { try await $0.insert(ArchiveSamples.apps(), into: .apps) }
        try await withArchive(database, .reading) { archive in
            try await database.run("DELETE FROM apps")
            #expect(try await archive.rowCount(of: .apps) == 2)
            #expect(try await archive.page(of: .apps, after: nil).count == 2)
        }
    }

    @Test("a page is a walk along an index, without sorting", arguments: ArchiveTable.allCases)
    func plan(_ table: ArchiveTable) async throws {
        let database = try await TestDatabase()
        try await database.migrate()
        let key = ArchiveKey(table.keyColumns.map { $0.kind == .integer ? .integer(0) : .text("") }[...])
        var statement = table.pageStatement(after: key)
        for (place, column) in table.keyColumns.enumerated() {
            statement = statement.replacing("$\(place + 1)", with: column.kind == .integer ? "0" : "''")
        }
        // A table without rows is otherwise not worth an index; a sort that still shows could not be avoided.
        let settings = "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_incremental_sort = off; "
        let lines = try await database.run(settings + "EXPLAIN \(statement)").compactMap { $0.first ?? nil }
        let inner = lines.drop { !$0.contains("Limit") }
        #expect(inner.contains { $0.contains("Index Scan") }, "\(lines)")
        #expect(!inner.contains { $0.contains("Sort") }, "\(lines)")
    }

    @Test("a name that PostgreSQL cannot keep is told with its row and column")
    func nul() async throws {
        try await withArchive { archive in
            try await archive.insert(ArchiveSamples.apps(), into: .apps)
            var row = ArchiveSamples.conversations(1)[0]
            row.values[4] = .text("a\0b")
            let error = await #expect(throws: ArchiveError.self) {
                try await archive.insert([row], into: .conversations)
            }
            #expect(error?.description.contains("conversations \(row.key): user_id holds the character U+0000") == true)
        }
    }

    @Test("a database without the schema, with another's, or that is not there is told in one line")
    func refusals() async throws {
        let database = try await TestDatabase()
        #expect(await refusal(database.url).contains("replyhq migrate apply"))
        try await database.run("CREATE TABLE notes (text text)")
        #expect(await refusal(database.url).contains("another program's"))
        let missing = database.cluster.url("no_such_database").replacing("postgres@", with: "postgres:secret-word@")
        let text = await refusal(missing)
        #expect(text.contains("no_such_database") && !text.contains("secret-word") && !text.contains("\n"))
        #expect(await refusal("postgres://host/database?pgbouncer=true").contains("pooler"))
        #expect(await refusal("postgres://host/database?no_such_word=1").contains("no_such_word"))
    }

    @Test("a database that a server uses is refused, to read and to write")
    func inUse() async throws {
        let database = try await TestDatabase()
        try await database.migrate()
        try await database.withPool { pool in
            _ = try await pool.read([Step(Statement("one", "SELECT 1"))]) { $0.count }
            for purpose in [ArchivePurpose.reading, .writing] {
                #expect(await refusal(database.url, purpose).contains("a server uses it"))
            }
        }
        try await withArchive(database) { archive in
            let count = try await archive.rowCount(of: .apps)
            #expect(count == 0)
        }
    }

    @Test("a connection that is lost fails the call, and nothing of the page is there")
    func lost() async throws {
        let database = try await TestDatabase()
        try await withArchive(database) { archive in
            try await archive.insert(ArchiveSamples.apps(), into: .apps)
            try await database.run(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE application_name = 'replyhq db copy' AND datname = current_database()
                """)
            let error = await #expect(throws: ArchiveError.self) {
                try await archive.insert(ArchiveSamples.conversations(), into: .conversations)
            }
            #expect(error?.kind == .failed)
        }
        try await withArchive(database) { archive in
            let count = try await archive.rowCount(of: .conversations)
            #expect(count == 0)
        }
    }
}

extension TestDatabase {
    /// Returns once no server's session is left: one ends some time after its connection was closed.
    func untilUnused() async throws {
        try await soon("its sessions have ended") {
            try await run(
                "SELECT count(*) FROM pg_stat_activity "
                    + "WHERE application_name = 'replyhq' AND datname = current_database()") == [["0"]]
        }
    }
}
