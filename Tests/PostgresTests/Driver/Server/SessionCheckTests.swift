import PluginAPI
import Testing

@testable import PostgresPlugin

@Suite("Postgres driver: what sessions are like", .timeLimit(.minutes(10)))
struct SessionCheckTests {
    private func database(encoding: String) async throws -> TestDatabase {
        let cluster = try await PostgresCluster.shared()
        let name = "encoded_" + IDGenerator.uuidV4().replacing("-", with: "")
        try await SQLSession.run(
            "CREATE DATABASE \(name) ENCODING '\(encoding)' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0",
            on: cluster.url("postgres"))
        return TestDatabase(existing: name, on: cluster)
    }

    @Test(
        "a database that cannot keep every text is refused with the reason",
        arguments: ["LATIN1", "SQL_ASCII", "EUC_JP"])
    func encoding(_ encoding: String) async throws {
        let database = try await database(encoding: encoding)
        let schema = await #expect(throws: SchemaRefusal.self) { try await database.migrate() }
        #expect(schema?.description.contains("its encoding is \(encoding)") == true)
        let plan = await #expect(throws: SchemaRefusal.self) { try await database.schema.plan(finalizing: false) }
        #expect(plan?.description.contains("UTF8") == true)
        let pool = await #expect(throws: PostgresFailure.self) { try await PostgresPool.open(try database.options) }
        #expect(pool?.message.contains("its encoding is \(encoding)") == true)
        let copy = await #expect(throws: ArchiveError.self) {
            try await PostgresFactory().openArchive(database.url, for: .writing)
        }
        #expect(copy?.description.contains(encoding) == true)
    }

    @Test("limits and encodings that the role is given hold neither for schema work nor for the driver")
    func role() async throws {
        let database = try await TestDatabase()
        let role = "limited_" + IDGenerator.uuidV4().replacing("-", with: "")
        try await database.run(
            """
            CREATE ROLE \(role) LOGIN SUPERUSER;
            ALTER ROLE \(role) SET statement_timeout = '1ms'; ALTER ROLE \(role) SET lock_timeout = '1ms';
            ALTER ROLE \(role) SET idle_session_timeout = '1ms'; ALTER ROLE \(role) SET client_encoding = 'LATIN1';
            ALTER ROLE \(role) SET idle_in_transaction_session_timeout = '1ms';
            ALTER ROLE \(role) SET synchronous_commit = 'off';
            ALTER ROLE \(role) SET default_transaction_isolation = 'serializable';
            DO $$ BEGIN
                -- Servers before 17 do not know it.
                IF current_setting('server_version_num')::integer >= 170000 THEN
                    ALTER ROLE \(role) SET transaction_timeout = '40ms';
                END IF;
            END $$
            """)
        var options = try database.options
        options.connection["user"] = role
        try await PostgresSchema(connection: options.connection).apply(finalizing: false) { _ in }
        let pool = try await PostgresPool.open(options)
        let settings = Statement(
            "settings",
            """
            SELECT current_setting('lock_timeout'), current_setting('client_encoding'),
                current_setting('synchronous_commit'), current_setting('transaction_isolation'), pg_sleep(0.05)::text
            """)
        let found = try await pool.write(in: LaneKey("any"), [Step(settings)]) { rows in
            rows[0].first { row in (0..<4).map { row.text($0) } }
        }
        await pool.close()
        #expect(found == ["0", "UTF8", "on", "read committed"])
    }

    @Test("settings that a pooler has dropped, and one that refuses them, are told with what to do")
    func dropped() {
        let good = ["UTF8", "UTF8", "1", "read committed"]
        #expect(SessionCheck.problem(in: good, of: .own) == nil)
        #expect(SessionCheck.problem(in: ["UTF8", "UTF8", nil, "read committed"], of: .pooled) == nil)
        #expect(SessionCheck.problem(in: ["UTF8", "UTF8", nil, "read committed"], of: .listening) == nil)
        let dropped = SessionCheck.problem(in: ["UTF8", "UTF8", nil, "read committed"], of: .own)
        #expect(dropped?.contains("prepared_statements: false") == true)
        let level = SessionCheck.problem(in: ["UTF8", "UTF8", nil, "serializable"], of: .pooled)
        #expect(level?.contains("serializable") == true)
        #expect(
            SessionCheck.explained("FATAL: unsupported startup parameter: options").contains("?pgbouncer=true"))
        #expect(SessionCheck.explained("connection refused") == "connection refused")
    }
}
