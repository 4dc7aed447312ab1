import PluginAPI
import Testing

@testable import PostgresPlugin

@Suite("Row-level security: the database keeps apps apart by itself")
struct IsolationTests {
    /// Two apps with a conversation and messages each, and a session as the server's role.
    private func prepare() async throws -> (session: SQLSession, mine: Place, theirs: Place) {
        let database = try await TestDatabase()
        let role = try await database.secured()
        let places = try await database.withSecuredPool(role) { pool in
            let store = PostgresStore(pool: pool)
            let places = [try await store.makePlace(), try await store.makePlace()]
            for place in places { for number in 0..<3 { try await store.say("\(number)", in: place) } }
            return places
        }
        await #expect(throws: SQLSession.Failure.self) {
            try await SQLSession.run("ALTER TABLE messages DISABLE ROW LEVEL SECURITY", on: database.url(as: role))
        }
        return (try SQLSession(database.url(as: role)), places[0], places[1])
    }

    private static let readable = ["conversations", "messages", "devices"]

    @Test("whoever names no app sees no row of any")
    func nobody() async throws {
        let (session, _, _) = try await prepare()
        for table in Self.readable {
            #expect(try session.run("SELECT count(*) FROM \(table)") == [["0"]])
        }
        try session.run("BEGIN; SELECT set_config('app.current_tenant', '', true)")
        for table in Self.readable {
            #expect(try session.run("SELECT count(*) FROM \(table)") == [["0"]])
        }
    }

    @Test("whoever names an app sees its rows and can do nothing with another's")
    func one() async throws {
        let (session, mine, theirs) = try await prepare()
        func run(_ sql: String) throws -> [[String?]] {
            try session.run("BEGIN; SET LOCAL app.current_tenant = '\(mine.app)'")
            defer { _ = try? session.run("ROLLBACK") }
            return try session.run(sql)
        }
        for table in Self.readable {
            #expect(try run("SELECT DISTINCT app_id FROM \(table)") == [[mine.app.rawValue]])
        }
        #expect(try run("SELECT 1 FROM messages WHERE conversation_id = '\(theirs.conversation)'").isEmpty)
        #expect(try run("UPDATE messages SET body = 'x' WHERE app_id = '\(theirs.app)' RETURNING id").isEmpty)
        #expect(try run("UPDATE messages SET body = 'x' RETURNING id").count == 3)
        for statement in [
            "UPDATE messages SET app_id = '\(theirs.app)'",
            "UPDATE conversations SET app_id = '\(theirs.app)'",
            """
            INSERT INTO messages (id, local_id, body, sender, conversation_id, app_id)
            VALUES ('m', 'l', 'b', 'user', '\(theirs.conversation)', '\(theirs.app)')
            """,
            """
            INSERT INTO devices (device_id, app_id, updated_at) VALUES ('d', '\(theirs.app)', now())
            """,
            """
            INSERT INTO events (user_id, app_id, event_name, event_timestamp) VALUES ('u', '\(theirs.app)', 'e', now())
            """,
        ] {
            let failure = #expect(throws: SQLSession.Failure.self) { try run(statement) }
            #expect(failure?.description.contains("row-level security") == true, "\(statement)")
        }
    }

    @Test("every table of ours with an app has a policy, and the names it goes by are gone with the transaction")
    func tables() async throws {
        let database = try await TestDatabase()
        let role = try await database.secured()
        let found = try await database.run(
            """
            SELECT table_name FROM information_schema.columns
            WHERE column_name = 'app_id' AND table_schema = 'public'
            """)
        #expect(Set(found.compactMap { $0[0] }) == Set(RowSecurity.tables))
        try await database.withSecuredPool(role, { $0.readConnections = 1 }) { pool in
            let store = PostgresStore(pool: pool)
            let place = try await store.makePlace()
            try await store.say("hello", in: place)
            #expect(try await store.everything(in: place).count == 1)
            let unnamed = Step(Statement("unnamed", "SELECT current_setting('app.current_tenant', true)"))
            let name = try await pool.read([unnamed]) { $0.first?.first { $0.optionalText(0) } ?? nil }
            #expect(name == "")
        }
    }
}

extension TestDatabase {
    /// The database as that role.
    func url(as role: String) -> String {
        url.replacing("postgres://\(PostgresCluster.superuser)@", with: "postgres://\(role)@")
    }
}
