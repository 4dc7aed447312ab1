import PluginAPI
import Testing

@testable import PostgresPlugin

@Suite("PostgreSQL store: plans")
struct QueryPlanTests {
    /// The statements that look at all of an app's conversations because they are about all of them.
    private static let wholeApp: Set = ["user_rows", "more_user_rows", "count_conversations"]

    private static let modes = ["force_custom_plan", "force_generic_plan"]

    /// Enough rows of enough apps that a plan without an index is visibly the wrong one.
    private static let rows = """
        INSERT INTO apps (id, name, api_key_hash)
            SELECT 'app' || n, 'n', 'h' || n FROM generate_series(1, 200) n;
        INSERT INTO conversations (id, visitor_id, app_id, device_id, user_id, updated_at, last_sequence)
            SELECT 'c' || n, 'v', 'app' || (n % 200 + 1), 'd' || n, CASE WHEN n % 2 = 0 THEN 'u' || n % 900 END,
                timestamp '2026-01-01' + n * interval '1 second', 0
            FROM generate_series(1, 20000) n;
        INSERT INTO messages (id, local_id, body, sender, conversation_id, app_id, created_at, status)
            SELECT 'm' || n, 'l' || n, repeat('x', 100), CASE WHEN n % 2 = 0 THEN 'user' ELSE 'agent' END,
                'c' || (CASE WHEN n > 30000 THEN 7 ELSE n % 4000 + 1 END),
                'app' || (CASE WHEN n > 30000 THEN 7 ELSE n % 4000 + 1 END) % 200 + 1,
                timestamp '2026-01-01' + n * interval '1 second', CASE WHEN n % 40 = 0 THEN 'SENT' ELSE 'READ' END
            FROM generate_series(1, 40000) n;
        INSERT INTO devices (device_id, app_id, platform, updated_at, push_token, user_id)
            SELECT 'd' || n, 'app' || (n % 200 + 1), 'ios', timestamp '2026-01-01', 'token' || n, 'u' || n % 900
            FROM generate_series(1, 20000) n;
        INSERT INTO push_outbox (message_id, app_id, conversation_id, device_id, state, created_at, due_at, expires_at,
                settled_at)
            SELECT 'm' || n, 'app' || (n % 200 + 1), 'c' || n, 'd' || n, CASE WHEN n % 10 = 0 THEN 'waiting' ELSE 'sent' END,
                timestamp '2026-01-01', timestamp '2026-01-01' + n * interval '1 second', timestamp '2026-01-02',
                CASE WHEN n % 10 > 0 THEN timestamp '2026-01-01' + n * interval '1 second' END
            FROM generate_series(1, 20000) n;
        INSERT INTO transport_uses (app_id, day, device_id, transport, protocol, sdk_version, platform, last_seen_at)
            SELECT 'app' || (n % 200 + 1), n % 40, 'd' || n, 'socketio', 'p/1', '1.0', 'ios',
                timestamp '2026-01-01' + n * interval '1 second'
            FROM generate_series(1, 20000) n;
        VACUUM ANALYZE;
        """

    @Test(
        "no statement reads a whole table, neither with known values nor with a generic plan",
        arguments: [false, true])
    func plans(hasRowSecurity: Bool) async throws {
        let database = try await TestDatabase()
        let role = try await prepare(database, hasRowSecurity)
        for mode in Self.modes {
            for statement in Statement.all where statement.name != "record_events" {
                let plan = try await plan(of: statement, mode, on: database, as: role)
                #expect(!plan.isEmpty)
                for line in plan where line.contains("Seq Scan") {
                    // A tenant's own row: there are few of them, and they are found by their key when there are more.
                    let isApp = line.contains(" on apps ")
                    let isWholeApp = Self.wholeApp.contains(statement.name)
                    #expect(isApp || isWholeApp, "\(statement.name) (\(mode)): \(line)")
                }
            }
        }
    }

    @Test("pages and lists come in the order of an index, without sorting", arguments: [false, true])
    func order(hasRowSecurity: Bool) async throws {
        let database = try await TestDatabase()
        let role = try await prepare(database, hasRowSecurity)
        let ordered = [
            "messages_by_time", "messages_by_number", "messages_of_instant", "messages_later_than", "conversations",
            "more_conversations",
            "conversations_of_status", "more_conversations_of_status",
        ]
        for mode in Self.modes {
            for statement in Statement.all where ordered.contains(statement.name) {
                let plan = try await plan(of: statement, mode, on: database, as: role)
                #expect(!plan.contains { $0.contains("Sort") }, "\(statement.name) (\(mode)): \(plan)")
            }
        }
    }

    @Test("conversations of a rare status are found by the index on it", arguments: [false, true])
    func rareStatus(hasRowSecurity: Bool) async throws {
        let database = try await TestDatabase()
        let role = try await prepare(database, hasRowSecurity)
        let rare = Statement.all.filter { $0.name.contains("rare_status") || $0.name == "some_of_status" }
        #expect(rare.count == 3)
        for mode in Self.modes {
            for statement in rare {
                let plan = try await plan(of: statement, mode, on: database, as: role)
                #expect(
                    plan.contains { $0.contains("using conversations_status") }, "\(statement.name) (\(mode)): \(plan)")
            }
        }
    }

    /// A plan is kept for the life of its connection, and a server that starts on an empty database makes it before there
    /// are any statistics.
    @Test(
        "a young database's plans find a conversation by its id, not by going through its app's",
        arguments: [false, true])
    func withoutStatistics(hasRowSecurity: Bool) async throws {
        let database = try await TestDatabase()
        if !hasRowSecurity { try await database.migrate() }
        let role = hasRowSecurity ? try await database.secured() : PostgresCluster.superuser
        try await database.load(
            """
            ALTER TABLE conversations SET (autovacuum_enabled = off);
            INSERT INTO apps (id, name, api_key_hash) VALUES ('app', 'n', 'h');
            INSERT INTO conversations (id, visitor_id, app_id, device_id, updated_at, last_sequence)
                SELECT 'c' || n, 'v', 'app', 'd' || n, timestamp '2026-01-01', 0 FROM generate_series(1, 250) n
            """)
        let scoped = Statement.all.filter { $0.sql.contains(Statement.scoped) }
        #expect(scoped.count > 5)
        for statement in scoped {
            let plan = try await plan(of: statement, "force_generic_plan", on: database, as: role)
            for line in plan where line.contains(" on conversations ") && line.contains("Scan") {
                #expect(line.contains("conversations_pkey"), "\(statement.name): \(line)")
            }
        }
    }

    /// Fills it; answers the role that a server connects as.
    private func prepare(_ database: TestDatabase, _ hasRowSecurity: Bool) async throws -> String {
        if !hasRowSecurity { try await database.migrate() }
        let role = hasRowSecurity ? try await database.secured() : PostgresCluster.superuser
        try await database.load(Self.rows)
        return role
    }

    private func plan(
        of statement: Statement, _ mode: String, on database: TestDatabase, as role: String
    ) async throws -> [String] {
        let count = statement.parameterCount
        let values = (1...count).map { Self.value(of: $0, in: statement) }.joined(separator: ", ")
        var connection = try database.options.connection
        connection["user"] = role
        return try await DedicatedThread.run(named: "test") { [connection] in
            let session = try SchemaConnection(connection, as: .write)
            defer { session.close() }
            try session.execute(
                "SET plan_cache_mode = \(mode); SET app.current_tenant = 'app8'; PREPARE one AS \(statement.sql)")
            return try session.query("EXPLAIN EXECUTE one (\(values))").compactMap { $0.first ?? nil }
        }
    }

    /// A value that rows have, by what the statement says the parameter is.
    private static func value(of parameter: Int, in statement: Statement) -> String {
        let sql = statement.sql
        func isUsed(as type: String) -> Bool { sql.contains("$\(parameter)::\(type)") }
        if isUsed(as: "timestamp(3)") { return "'2026-01-01 00:10:00'" }
        if isUsed(as: "bigint") { return "10" }
        if isUsed(as: "jsonb") { return "'{\"a\":1}'" }
        if isUsed(as: "text[]") { return sql.contains("m.id = ANY") ? "'{m7,m4007}'" : "'{SENT}'" }
        // Scoped statements begin with the conversation, all others with the app.
        let isScoped = sql.contains(Statement.scoped) || statement.name.hasPrefix("messages_")
        switch (isScoped, parameter) {
        case (true, 1): return "'c7'"
        case (true, 2), (false, 1): return "'app8'"
        case (true, 3), (false, 2): return "'d7'"
        default: return "'m7'"
        }
    }
}

extension TestDatabase {
    /// Runs statements one by one: `VACUUM` wants no company.
    fileprivate func load(_ statements: String) async throws {
        for statement in statements.split(separator: ";\n") { try await run(String(statement)) }
    }
}

extension Statement {
    /// The highest number of its parameters.
    fileprivate var parameterCount: Int {
        (1...20).last { sql.contains("$\($0)") } ?? 0
    }
}
