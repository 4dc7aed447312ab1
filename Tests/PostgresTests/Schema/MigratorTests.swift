import PluginAPI
import Synchronization
import Testing

@testable import PostgresPlugin

@Suite("PostgreSQL schema: steps")
struct MigratorTests {
    private static let last = Int64(Migration.all.count)
    private static let second = Migration(
        version: last + 1, name: "second", statements: ["ALTER TABLE apps ADD COLUMN colour text"], locks: "A moment.",
        isTransactional: true)
    private static let index = Migration(
        version: last + 1, name: "index",
        statements: ["CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS apps_name ON apps (name)"], locks: "Nothing.",
        isTransactional: false)

    @Test("an empty database takes every step once, in order, and then none")
    func fromZero() async throws {
        let schema = try await TestDatabase().schema
        #expect(try await schema.status().pending == Migration.all.count)
        #expect(try await schema.plan(finalizing: false) == Migration.all.map(\.step))
        let events = Events()
        try await schema.apply(finalizing: false) { events.add($0) }
        #expect(events.begun == Migration.all.map(\.step.name) && events.finished == events.begun)
        let status = try await schema.status()
        #expect(status.applied.map(\.version) == Migration.all.map(\.version) && status.pending == 0)
        let age = try #require(status.applied.first).appliedAt.milliseconds(since: .now())
        #expect(abs(age) < 60_000, "recorded in UTC")
        try await schema.apply(finalizing: true) { events.add($0) }
        #expect(events.begun.count == Migration.all.count)
        #expect(try await schema.plan(finalizing: true).isEmpty)
    }

    @Test("steps are numbered from 1 without gaps, and each says what it locks")
    func numbered() {
        #expect(Migration.all.map(\.version) == (1...Int64(Migration.all.count)).map { $0 })
        for step in Migration.all { #expect(step.locks.hasSuffix(".") && !step.statements.isEmpty) }
    }

    @Test("a released step never changes")
    func released() {
        #expect(Migration.initial.checksum.count == 64)
        var changed = Migration.initial
        changed.statements[0] += " "
        #expect(changed.checksum != Migration.initial.checksum)
    }

    @Test("a database that took another step, or a later one, is left alone")
    func refusals() async throws {
        let database = try await TestDatabase()
        try await database.migrate()
        try await database.run("INSERT INTO schema_migrations VALUES (99, 'future', 'x')")
        try await expectRefusal(database, "version 99, this server knows up to \(Migration.all.count)")
        try await database.run(
            "DELETE FROM schema_migrations WHERE version = 99; UPDATE schema_migrations SET checksum = 'x'")
        try await expectRefusal(database, "a different step 1 (initial)")
    }

    @Test("another program's tables are left alone, and the text shows no password")
    func foreign() async throws {
        let database = try await TestDatabase()
        try await database.run("CREATE TABLE theirs (id int)")
        try await expectRefusal(database, "theirs")
        #expect(try await database.run("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [["1"]])
        var schema = try database.schema
        schema = PostgresSchema(
            connection: try ConnectionURL("postgres://nobody:hunter2@127.0.0.1:1/none?sslmode=disable").options)
        do {
            _ = try await schema.status()
            Issue.record("reached nobody")
        } catch {
            #expect(!"\(error)".contains("hunter2") && "\(error)".contains("127.0.0.1"))
        }
    }

    @Test("a step that fails takes back what it did, and the steps before it stay")
    func failing() async throws {
        let database = try await TestDatabase()
        var bad = Self.second
        bad.statements.append("SELECT 1 / 0")
        var schema = try database.schema
        schema.migrations = Migration.all + [bad]
        await #expect(throws: SchemaRefusal.self) { try await schema.apply(finalizing: false) { _ in } }
        let columns = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'colour'"
        #expect(try await database.run(columns) == [["0"]])
        #expect(try await schema.status().applied.count == Migration.all.count)
        schema.migrations = Migration.all + [Self.second]
        try await schema.apply(finalizing: false) { _ in }
        #expect(try await database.run(columns) == [["1"]])
    }

    @Test("of ten processes that start at once one takes the steps, and all find them taken")
    func together() async throws {
        let database = try await TestDatabase()
        let events = Events()
        var schema = try database.schema
        schema.migrations = Migration.all + [Self.index]
        let shared = schema
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<10 { group.addTask { try await shared.apply(finalizing: false) { events.add($0) } } }
            try await group.waitForAll()
        }
        #expect(events.begun == (Migration.all + [Self.index]).map(\.step.name) && events.finished == events.begun)
        #expect(events.waiting.allSatisfy { $0 == "another process changes the schema" })
    }

    @Test("what an interrupted index build left behind is replaced")
    func remains() async throws {
        let database = try await TestDatabase()
        try await database.migrate()
        let twins = "INSERT INTO apps (id, name, api_key_hash) VALUES ('a', 'twin', 'h'), ('b', 'twin', 'h')"
        try await database.run(twins)
        var schema = try database.schema
        schema.migrations = Migration.all + [Self.index]
        await #expect(throws: SchemaRefusal.self) { try await schema.apply(finalizing: false) { _ in } }
        let validity = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'apps_name'::regclass"
        #expect(try await database.run(validity) == [["f"]])
        #expect(try await schema.plan(finalizing: false).map(\.name) == [Self.index.step.name])
        try await database.run("UPDATE apps SET name = 'other' WHERE id = 'b'")
        try await schema.apply(finalizing: false) { _ in }
        #expect(try await database.run(validity) == [["t"]])
    }

    @Test("a step that needs a table's lock lets others pass while it waits, and comes back")
    func lockTimeout() async throws {
        let database = try await TestDatabase()
        try await database.migrate()
        let holder = try SQLSession(database.url)
        try holder.run("BEGIN; SELECT count(*) FROM apps")
        let options = try database.options.connection
        let waiting = Events()
        try await DedicatedThread.run(named: "test") {
            let session = try SchemaConnection(options)
            defer { session.close() }
            let runner = StepRunner(
                connection: session, lockTimeout: .milliseconds(50), attempts: 3, pause: .milliseconds(1)
            ) { waiting.add($0) }
            do {
                try runner.take(Self.second.step)
                Issue.record("got a lock that somebody holds")
            } catch let error as SchemaError {
                #expect(error.sqlState == "55P03")
            }
        }
        #expect(waiting.waiting.count == 2)
        try holder.run("COMMIT")
        var schema = try database.schema
        schema.migrations = Migration.all + [Self.second]
        try await schema.apply(finalizing: false) { _ in }
        #expect(try await schema.status().pending == 0)
    }

    @Test("a step that the server ends as part of a deadlock is taken again")
    func deadlock() async throws {
        let database = try await TestDatabase()
        try await database.migrate()
        try await database.run("INSERT INTO apps (id, name, api_key_hash) VALUES ('a', 'old', 'h')")
        let (url, options) = (database.url, try database.options.connection)
        let locks = """
            SELECT FROM pg_locks WHERE relation = 'apps'::regclass
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """
        let step = Migration(
            version: 99, name: "locks",
            statements: [
                "LOCK TABLE apps IN SHARE MODE",
                """
                DO $$ DECLARE rounds int := 0; BEGIN
                    WHILE NOT EXISTS (\(locks) AND NOT granted)
                        AND NOT EXISTS (SELECT FROM apps WHERE name = 'new')
                    LOOP
                        rounds := rounds + 1;
                        IF rounds > 6000 THEN RAISE 'nobody writes'; END IF;
                        PERFORM pg_sleep(0.01);
                    END LOOP;
                END $$
                """,
                "ALTER TABLE apps ADD COLUMN colour text",
            ], locks: "A moment.", isTransactional: true
        ).step
        let events = Events()
        async let written: Void = DedicatedThread.run(named: "writer") {
            let (writer, observer) = (try SQLSession(url), try SQLSession(url))
            // Only the step looks for deadlocks.
            try writer.run("SET deadlock_timeout = '1h'; BEGIN; SELECT count(*) FROM apps")
            while try observer.run("\(locks) AND granted AND mode = 'ShareLock'").isEmpty {}
            try writer.run("UPDATE apps SET name = 'new'; COMMIT")
        }
        try await DedicatedThread.run(named: "test") {
            let session = try SchemaConnection(options)
            defer { session.close() }
            try StepRunner(
                connection: session, lockTimeout: .seconds(60), attempts: 2, pause: .milliseconds(1)
            ) { events.add($0) }.take(step)
        }
        try await written
        #expect(events.waiting.count == 1 && events.finished == [step.name])
        #expect(try await database.run("SELECT name, colour FROM apps") == [["new", nil]])
    }

    private func expectRefusal(_ database: TestDatabase, _ part: String) async throws {
        let schema = try database.schema
        do {
            try await schema.apply(finalizing: false) { _ in }
            Issue.record("touched a database that is not ours")
        } catch let error as SchemaRefusal {
            #expect(error.description.contains(part) && error.description.contains(database.name))
        }
    }
}

/// What was told of, in order; safe from every thread.
private final class Events: Sendable {
    private let all = Mutex<[SchemaProgress]>([])

    func add(_ event: SchemaProgress) { all.withLock { $0.append(event) } }

    var begun: [String] {
        all.withLock { $0 }.compactMap { if case .began(let step) = $0 { step.name } else { nil } }
    }

    var finished: [String] {
        all.withLock { $0 }.compactMap { if case .finished(let step, _) = $0 { step.name } else { nil } }
    }

    var waiting: [String] {
        all.withLock { $0 }.compactMap { if case .waiting(let reason) = $0 { reason } else { nil } }
    }
}
