import Testing

@testable import PostgresPlugin

extension TakingOver {
    @Suite("A database is recognised")
    struct SchemaStateTests {
        private func state(_ prepare: @escaping @Sendable (SchemaConnection) throws -> Void) async throws -> SchemaState
        {
            try await TestDatabase().schemaWork { connection in
                try prepare(connection)
                return try SchemaState.read(connection)
            }
        }

        @Test("as empty when it has no tables")
        func empty() async throws {
            #expect(try await state { _ in } == .empty)
        }

        @Test("as each age of the old server, with rows and without", arguments: SchemaAge.allCases, [0, 200])
        func ages(_ age: SchemaAge, messages: Int) async throws {
            #expect(try await state { try ReferenceDatabase.build(age, messages: messages, on: $0) } == .reference(age))
        }

        @Test("as ours once it was made or taken over, and as adopting between")
        func ours() async throws {
            let database = try await TestDatabase.reference(.hashedKeys)
            try await database.schemaWork { connection in
                try connection.execute(AdoptionHistory.table)
                try AdoptionHistory.record(
                    Adoption.plan(for: .hashedKeys)[0], age: .hashedKeys, on: connection)
                #expect(try SchemaState.read(connection) == .adopting(.hashedKeys))
                try Adopter(connection: connection).adopt(from: .hashedKeys)
                #expect(try SchemaState.read(connection) == .ours(version: Adoption.version))
                try Adopter(connection: connection).finalize()
                #expect(try SchemaState.read(connection) == .ours(version: Adoption.version))
            }
        }

        @Test("as the old server's when an operator added what does no harm")
        func additions() async throws {
            let state = try await state { connection in
                try ReferenceDatabase.build(.indexed, messages: 0, on: connection)
                try connection.execute(
                    """
                    CREATE TABLE reports (id int);
                    CREATE INDEX mine ON messages (sender);
                    ALTER TABLE apps ADD COLUMN note text;
                    ALTER TABLE devices ADD COLUMN weight int NOT NULL DEFAULT 0;
                    DROP INDEX idx_messages_sync;
                    """)
            }
            #expect(state == .reference(.indexed))
        }

        struct Mixture: Sendable, CustomTestStringConvertible {
            var age: SchemaAge
            var sql: String
            var clause: String
            var testDescription: String { clause }
        }

        @Test(
            "as foreign when it is a mixture, with what differs",
            arguments: [
                Mixture(
                    age: .plainKeys, sql: "ALTER TABLE apps ADD COLUMN api_key_hash text",
                    clause: "apps.api_key_hash belongs to a later age"),
                Mixture(
                    age: .plainKeys, sql: "ALTER TABLE messages ALTER COLUMN sequence TYPE bigint",
                    clause: "messages.sequence is bigint, not integer"),
                Mixture(age: .hashedKeys, sql: "DROP TABLE devices", clause: "table devices is missing"),
                Mixture(
                    age: .hashedKeys, sql: "ALTER TABLE messages DROP COLUMN app_id",
                    clause: "messages.app_id is missing"),
                Mixture(
                    age: .hashedKeys, sql: "ALTER TABLE conversations ADD COLUMN team text NOT NULL",
                    clause: "conversations.team is unknown and must be given"),
                Mixture(
                    age: .indexed, sql: "DROP INDEX messages_local_id_key",
                    clause: "messages is not unique by (local_id)"),
                Mixture(
                    age: .indexed, sql: "DROP INDEX idx_messages_status",
                    clause: "partial index messages (status) is missing"),
                Mixture(
                    age: .indexed, sql: "ALTER TABLE messages DROP CONSTRAINT messages_conversation_id_fkey",
                    clause: "messages lacks the foreign key conversation_id to conversations"),
                Mixture(
                    age: .rowSecurity, sql: "ALTER TABLE messages DISABLE ROW LEVEL SECURITY",
                    clause: "messages has no row-level security by app"),
                Mixture(
                    age: .rowSecurity, sql: "ALTER TABLE messages ALTER COLUMN app_id DROP NOT NULL",
                    clause: "messages.app_id may be null"),
            ])
        func mixtures(_ mixture: Mixture) async throws {
            let state = try await state { connection in
                try ReferenceDatabase.build(mixture.age, messages: 0, on: connection)
                try connection.execute("TRUNCATE apps, conversations, messages, devices CASCADE")
                try connection.execute(mixture.sql)
            }
            guard case .foreign(let why) = state else {
                Issue.record("it is taken for \(state)")
                return
            }
            #expect(why.contains(mixture.clause), "\(why)")
            #expect(why.first == "it is nearest to \(mixture.age), but:")
        }

        @Test("as foreign when its tables are another program's")
        func foreign() async throws {
            let state = try await state {
                try $0.execute("CREATE TABLE wp_posts (id int); CREATE TABLE wp_users (id int)")
            }
            #expect("\(state)" == "The database cannot be used: its tables are another program's (wp_posts, wp_users).")
        }

        @Test("as foreign when search_path leads nowhere")
        func nowhere() async throws {
            let state = try await state { try $0.execute("SET search_path = nowhere") }
            #expect(state == .foreign(["search_path names no schema that exists"]))
        }
    }
}
