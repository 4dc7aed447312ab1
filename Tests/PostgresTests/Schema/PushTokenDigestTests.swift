import PluginAPI
import StoreConformance
import Testing

@testable import PostgresPlugin

@Suite("PostgreSQL schema: the digest of push tokens")
struct PushTokenDigestTests {
    private static let indexes = """
        SELECT indexname FROM pg_indexes WHERE tablename = 'devices' AND indexname LIKE '%push_token%' ORDER BY 1
        """
    private static let new = [["devices_push_token_digest"], ["devices_push_token_value"]]
    private static let app = AppID("app")

    private func token(_ text: String) -> PushToken { PushToken(token: text, provider: .fcm, platform: .ios) }

    private func device(_ name: String) -> DeviceIdentity {
        DeviceIdentity(app: Self.app, device: DeviceID(name))
    }

    /// A database as the version before made it, with devices that have tokens.
    private func previous() async throws -> TestDatabase {
        let database = try await TestDatabase()
        var schema = try database.schema
        schema.migrations = Array(Migration.all.prefix { $0.version < Migration.pushTokenDigest.version })
        try await schema.apply(finalizing: false) { _ in }
        try await database.run(
            """
            INSERT INTO apps (id, name, api_key_hash) VALUES ('app', 'n', 'h');
            INSERT INTO devices (device_id, app_id, platform, updated_at, last_seen_at, push_token, push_token_provider)
                SELECT 'd' || n, 'app', 'ios', now(), now(), CASE WHEN n % 10 > 0 THEN 'token-' || n END,
                    CASE WHEN n % 10 > 0 THEN 'fcm' END
                FROM generate_series(1, 5000) n
            """)
        return database
    }

    @Test("a database of the version before takes long tokens afterwards, and servers register tokens meanwhile")
    func upgrade() async throws {
        let database = try await previous()
        try await database.withStore { store in
            let error = await #expect(throws: ChatError.self) {
                try await store.setPushToken(token(LongToken.make(1)), of: device("d1"), at: .epoch)
            }
            #expect(error?.code == .validation)
            // Until the last of its statements it waits for this transaction, as an index that is built beside writes does.
            let old = try SQLSession(database.url)
            try old.run("BEGIN; UPDATE devices SET updated_at = now() WHERE device_id = 'd7'")
            async let migrated: Void = database.migrate()
            try await database.waitForWaiter("CREATE INDEX CONCURRENTLY")
            for number in 0..<200 {
                try await store.setPushToken(token("moved-\(number % 50)"), of: device("d\(number + 10)"), at: .epoch)
            }
            try old.run("COMMIT")
            try await migrated
            #expect(try await database.run(Self.indexes) == Self.new)
            #expect(
                try await database.run(
                    "SELECT count(push_token) = count(DISTINCT push_token), count(push_token) FROM devices")
                    == [["t", "4370"]])
            try await store.setPushToken(token(LongToken.make(1)), of: device("d1"), at: .epoch)
            try await store.setPushToken(token(LongToken.make(1)), of: device("d2"), at: .epoch)
            #expect(try await store.pushToken(of: device("d1")) == nil)
            #expect(try await store.pushToken(of: device("d2"))?.token == LongToken.make(1))
        }
        // The database itself sees to it, whatever wrote.
        await #expect(throws: SQLSession.Failure.self) {
            try await database.run(
                "UPDATE devices SET push_token = (SELECT push_token FROM devices WHERE device_id = 'd2') "
                    + "WHERE device_id = 'd3'")
        }
        let indexed = "sha256(decode(replace(push_token, E'\\\\', E'\\\\\\\\'), 'escape'))"
        let isDigest = "SELECT bool_and(\(indexed) = sha256(convert_to(push_token, 'UTF8'))) FROM devices"
        #expect(try await database.run(isDigest) == [["t"]])
    }

    private func pooled(_ schema: PostgresSchema) -> PostgresSchema {
        var connection = schema.connection
        connection.sendsSessionOptions = false
        return PostgresSchema(connection: connection)
    }

    @Test("behind a pooler in transaction mode it is taken by transactions, also after an interrupted build")
    func pooled() async throws {
        let database = try await previous()
        // A unique build that fails leaves an invalid index.
        await #expect(throws: SQLSession.Failure.self) {
            try await database.run("CREATE UNIQUE INDEX CONCURRENTLY devices_push_token_digest ON devices (app_id)")
        }
        let schema = pooled(try database.schema)
        try await schema.apply(finalizing: false) { _ in }
        #expect(try await database.run(Self.indexes) == Self.new)
        #expect(try await database.run("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == [["0"]])
        #expect(try await schema.status().pending == 0)
    }

    @Test("behind a pooler a long reader of devices delays it, while no index is built twice and writers go on")
    func pooledBesideReader() async throws {
        let database = try await previous()
        let url = database.url
        let built = """
            SELECT relname, oid, relfilenode FROM pg_class
            WHERE relname IN ('devices_push_token_value', 'devices_push_token_digest') ORDER BY 1
            """
        let options = pooled(try database.schema).connection
        let seen = try await DedicatedThread.run(named: "test") {
            let (reader, writer) = (try SQLSession(url), try SQLSession(url))
            try reader.run("BEGIN; SELECT count(*) FROM devices")
            let session = try SchemaConnection(options)
            defer { session.close() }
            var seen: [[[String?]]] = []
            let runner = StepRunner(
                connection: session, lockTimeout: .milliseconds(50), attempts: 4, pause: .milliseconds(1)
            ) { event in
                guard case .waiting = event else { return }
                do {
                    try writer.run("UPDATE devices SET updated_at = now() WHERE device_id = 'd7'")
                    // A transaction that has read and then writes.
                    try reader.run("UPDATE devices SET updated_at = now() WHERE device_id = 'd8'")
                    seen.append(try writer.run(built))
                    if seen.count == 3 { try reader.run("COMMIT") }
                } catch {
                    Issue.record(error)
                }
            }
            try Migrator(connection: session).migrate(runner)
            return seen
        }
        let last = try await database.run(built)
        #expect(last.count == 2 && seen == [last, last, last])
        #expect(try await database.run(Self.indexes) == Self.new)
        #expect(try await database.schema.status().pending == 0)
    }
}

extension TakingOver {
    @Suite("The digest of push tokens")
    struct DigestTests {
        @Test("waits until the old server's time is ended", arguments: SchemaAge.allCases)
        func finalized(_ age: SchemaAge) async throws {
            let database = try await TestDatabase.adopted(age)
            let schema = try database.schema
            let name = Migration.pushTokenDigest.step.name
            #expect(try await schema.status().pending == 0)
            let steps = try await schema.plan(finalizing: true).map(\.name)
            #expect(steps.last == name)
            try await schema.apply(finalizing: true) { _ in }
            #expect(try await schema.plan(finalizing: true).isEmpty)
            #expect(try await schema.status().applied.contains { $0.version == Migration.pushTokenDigest.version })
        }
    }
}
