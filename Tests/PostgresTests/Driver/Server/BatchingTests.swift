import PluginAPI
import Testing

@testable import PostgresPlugin

@Suite("Postgres driver: batches", .timeLimit(.minutes(10)))
struct BatchingTests {
    /// Lends a pool with one writing connection whose first write is held up by a lock, so that others gather.
    private func whileHeld(
        _ table: String = Notes.strict,
        _ body: @Sendable (PostgresPool, _ release: @Sendable () throws -> Void) async throws -> Void
    ) async throws -> TestDatabase {
        let database = try await TestDatabase()
        try await database.run(table)
        let lock = LockHolder(try SQLSession(database.url))
        try lock.run("BEGIN; LOCK TABLE notes IN EXCLUSIVE MODE")
        try await database.withPool({
            $0.writeConnections = 1
            // What is held up is to be held up for as long as a busy machine takes to get there.
            ($0.queueTimeout, $0.connection.statementTimeout) = (.seconds(60), .seconds(60))
        }) { pool in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await pool.note("first") }
                try await database.untilBlocked(1)
                try await body(pool) { try lock.run("ROLLBACK") }
                try await group.waitForAll()
            }
        }
        return database
    }

    @Test("256 writes that gather during a commit share one transaction")
    func sharing() async throws {
        let database = try await whileHeld { pool, release in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<256 { group.addTask { try await pool.note("\(number)", lane: "\(number % 7)") } }
                try await pool.untilWaiting(256)
                try release()
                try await group.waitForAll()
            }
        }
        let found = try await database.run("SELECT count(*), count(DISTINCT xmin::text), count(DISTINCT id) FROM notes")
        #expect(found == [["257", "2", "257"]])
    }

    @Test("in a failing batch only the offenders fail; the others are stored once, in the order of their lane")
    func offenders() async throws {
        let database = try await whileHeld { pool, release in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask { try await pool.note("\(number)") }
                    try await pool.untilWaiting(number + 1)
                }
                group.addTask {
                    await #expect(throws: ChatError.self) { try await pool.note("odd") }
                }
                group.addTask {
                    do {
                        _ = try await pool.note("first")
                        Issue.record("a second row of the same key was taken")
                    } catch let error as ChatError {
                        #expect(error.code == .conflict)
                        #expect((error.underlying as? PostgresFailure)?.constraint == "notes_pkey")
                    }
                }
                try await pool.untilWaiting(22)
                try release()
                try await group.waitForAll()
            }
        }
        let found = try await database.run("SELECT id FROM notes ORDER BY number")
        #expect(found.map { $0[0] } == ["first"] + (0..<20).map { "\($0)" })
    }

    @Test("commits are announced in the order of the lane, before anybody returns")
    func announcing() async throws {
        let announced = Journal<String>()
        let returned = Journal<Int>()
        _ = try await whileHeld { pool, release in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        try await pool.note("\(number)") { _ in announced.add("\(number)") }
                        returned.add(announced.count)
                    }
                    try await pool.untilWaiting(number + 1)
                }
                try release()
                try await group.waitForAll()
            }
        }
        #expect(announced.all == (0..<50).map { "\($0)" })
        #expect(returned.all == Array(repeating: 50, count: 50))
    }

    @Test("one that cannot be read after its commit fails as an internal error, and is stored")
    func unreadable() async throws {
        let database = try await TestDatabase()
        try await database.run(Notes.strict)
        try await database.withPool { pool in
            do {
                _ = try await pool.write(in: LaneKey("x"), [Notes.step("a")]) { try $0.first?.first { try $0.time(0) } }
                Issue.record("a number was read as a time")
            } catch let error as ChatError {
                #expect(error.code == .internalError)
            }
            #expect(try await pool.noteCount() == 1)
        }
    }

    @Test("several steps are one transaction: the second one's failure takes the first one back")
    func atomicity() async throws {
        let database = try await TestDatabase()
        try await database.run(Notes.strict)
        try await database.withPool { pool in
            let steps = [Notes.step("a"), Notes.step("odd")]
            await #expect(throws: ChatError.self) {
                try await pool.write(in: LaneKey("x"), steps) { $0.count }
            }
            let count = try await pool.noteCount()
            #expect(count == 0)
        }
    }

    @Test("behind a transaction-mode pooler nothing is prepared and nothing of the session is set")
    func unprepared() async throws {
        let database = try await TestDatabase()
        try await database.run(Notes.strict)
        try await database.withPool({
            $0.preparesStatements = false
            $0.connection.sendsSessionOptions = false
            $0.readConnections = 1
        }) { pool in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 { group.addTask { try await pool.note("\(number)") } }
                group.addTask { await #expect(throws: ChatError.self) { try await pool.note("odd") } }
                try await group.waitForAll()
            }
            #expect(try await pool.noteCount() == 40)
            let state = Statement(
                "state", "SELECT count(*)::text, current_setting('statement_timeout') FROM pg_prepared_statements")
            let seen = try await pool.read([Step(state)]) { $0[0].map { [$0.text(0), $0.text(1)] } }
            // The time limit comes with each transaction instead.
            #expect(seen == [["0", "1min"]])
        }
        try await database.withPool({
            $0.preparesStatements = false
            $0.connection.sendsSessionOptions = false
            $0.connection.statementTimeout = .milliseconds(300)
        }) { pool in
            _ = await expectUnavailable { try await pool.read([Step(Notes.sleep, .text("600"))]) { $0.count } }
        }
    }
}

/// A session whose lock several tasks of a test may let go.
private final class LockHolder: @unchecked Sendable {  // The test uses it from one task at a time.
    private let session: SQLSession

    init(_ session: SQLSession) { self.session = session }

    func run(_ sql: String) throws { try session.run(sql) }
}

extension TestDatabase {
    /// Returns once so many sessions wait for a lock.
    func untilBlocked(_ count: Int) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        let question = """
            SELECT count(*) FROM pg_stat_activity WHERE datname = '\(name)' AND wait_event_type = 'Lock'
            """
        while try await run(question) != [["\(count)"]] {
            try #require(ContinuousClock.now < deadline, "nobody waits for the lock")
        }
    }
}
