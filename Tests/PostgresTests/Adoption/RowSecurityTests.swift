import PluginAPI
import Testing

@testable import PostgresPlugin

extension TakingOver {
    @Suite("Row-level security of the old server's last age")
    struct RowSecurityTests {
        /// An adopted database whose tables belong to a role that is no superuser, as in production.
        private func prepare() async throws -> (database: TestDatabase, owner: String, guest: String) {
            let database = try await TestDatabase()
            let (owner, guest) = ("owner_\(database.name)", "guest_\(database.name)")
            try await database.run(
                """
                CREATE ROLE \(owner) LOGIN; CREATE ROLE \(guest) LOGIN;
                GRANT CREATE ON SCHEMA public TO \(owner)
                """)
            try await database.schemaWork { connection in
                try connection.execute("SET ROLE \(owner)")
                try ReferenceDatabase.build(.rowSecurity, messages: 500, on: connection)
                try Adopter(connection: connection).adopt(from: .rowSecurity)
                try connection.execute(
                    """
                    GRANT ALL ON ALL TABLES IN SCHEMA public TO \(guest);
                    GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO \(guest)
                    """)
            }
            return (database, owner, guest)
        }

        @Test("does not bind the owner of the tables, as whom ours connects")
        func owner() async throws {
            let (database, owner, _) = try await prepare()
            try await database.withPool({ $0.connection["user"] = owner }) { pool in
                let store = PostgresStore(pool: pool)
                let counts = try await store.conversationCounts(of: AppID("app-1"))
                #expect(counts.open > 0)
                let rows = try await store.conversationRows(of: AppID("app-1"), after: nil, limit: 10)
                let conversation = try #require(rows.first?.conversation)
                let new = NewMessage(
                    id: MessageID("new_1"), localID: LocalMessageID("new"), conversation: conversation.id,
                    scope: .app(conversation.app), sender: .agent, body: "by ours",
                    at: Timestamp(milliseconds: 1_770_000_000_000))
                #expect(try await store.append(new) { _ in }?.isNew == true)
            }
        }

        @Test("shows another role the rows of the app that its transaction names, and no others")
        func guest() async throws {
            let (database, _, guest) = try await prepare()
            let session = try SQLSession(database.url)
            try session.run("SET ROLE \(guest)")
            #expect(try session.run("SELECT count(*) FROM messages")[0][0] == "0")

            try session.run("BEGIN; SET LOCAL app.current_tenant = 'app-1'")
            let seen = try session.run("SELECT DISTINCT app_id FROM messages")
            #expect(seen == [["app-1"]])
            let mine = try #require(try session.run("SELECT min(id) FROM conversations")[0][0])
            let old = OldServer(age: .rowSecurity, session: session)
            let number = try old.insertMessage("old_1", in: mine, at: "2026-03-01 10:00:00")
            let touched = try session.run("SELECT last_sequence FROM conversations WHERE id = '\(mine)'")
            #expect(touched == [["\(number)"]])
            try session.run("COMMIT")

            let others = "SELECT min(id) FROM conversations WHERE app_id = 'app-2'"
            let other = try #require(try await database.value(others))
            try session.run("BEGIN; SET LOCAL app.current_tenant = 'app-1'")
            #expect(throws: SQLSession.Failure.self) { try old.insertMessage("old_2", in: other) }
        }
    }
}
