import Glibc
import NIOPosix
import PluginAPI
import Testing

@testable import PostgresPlugin

@Suite("Postgres driver: outages", .timeLimit(.minutes(10)))
struct OutageTests {
    /// What became of each attempt to write.
    private struct Attempts: Sendable {
        var acknowledged: Set<String> = []
        var unknown: Set<String> = []
        var refused: Set<String> = []
    }

    /// Writes with eight tasks until so many writes were acknowledged after the harm was done; nothing is repeated.
    private func writing(
        _ pool: PostgresPool, more: Int = 100, harm: @escaping @Sendable () async throws -> Void
    ) async throws -> Attempts {
        let acknowledged = Journal<String>()
        let failed = Journal<(String, PostgresFailure.Kind)>()
        let goal = Journal<Int>()
        let deadline = ContinuousClock.now + .seconds(60)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    var number = 0
                    while goal.all.isEmpty || acknowledged.count < goal.all[0] {
                        try #require(ContinuousClock.now < deadline, "the store did not recover")
                        let id = "\(writer)-\(number)"
                        number += 1
                        do {
                            try await pool.note(id, lane: "\(writer)")
                            acknowledged.add(id)
                        } catch let error as ChatError {
                            #expect(error.code == .unavailable && error.retryAfter != nil)
                            let cause = try #require(error.underlying as? PostgresFailure)
                            failed.add((id, cause.kind))
                            try await MultiThreadedEventLoopGroup.singleton.pause(for: .milliseconds(5))
                        }
                    }
                }
            }
            group.addTask {
                while acknowledged.count < 100 {
                    try await MultiThreadedEventLoopGroup.singleton.pause(for: .milliseconds(2))
                }
                try await harm()
                goal.add(acknowledged.count + more)
            }
            try await group.waitForAll()
        }
        var attempts = Attempts(acknowledged: Set(acknowledged.all))
        for (id, kind) in failed.all {
            if kind == .outcomeUnknown { attempts.unknown.insert(id) } else { attempts.refused.insert(id) }
        }
        return attempts
    }

    private func expectTruth(_ attempts: Attempts, in database: TestDatabase) async throws {
        let rows = try await database.run("SELECT id FROM notes WHERE id NOT LIKE 'probe%'").compactMap { $0[0] }
        let stored = Set(rows)
        #expect(rows.count == stored.count, "something was stored twice")
        #expect(attempts.acknowledged.isSubset(of: stored), "something acknowledged is lost")
        #expect(attempts.refused.isDisjoint(with: stored), "something refused is stored")
        #expect(stored.isSubset(of: attempts.acknowledged.union(attempts.unknown)))
    }

    @Test("a session that the server ends costs its writes only, and is made anew")
    func terminated() async throws {
        let database = try await TestDatabase()
        try await database.run(Notes.loose)
        try await database.withPool { pool in
            let attempts = try await writing(pool) {
                for _ in 0..<5 {
                    try await database.run(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = '\(database.name)' AND pid <> pg_backend_pid()
                        """)
                }
            }
            try await expectTruth(attempts, in: database)
        }
    }

    @Test("a read whose session is ended is answered by another")
    func rereading() async throws {
        let database = try await TestDatabase()
        let session = try SQLSession(database.url)
        try session.run("SELECT pg_advisory_lock(7)")
        let blocked = "SELECT pid FROM pg_stat_activity WHERE datname = '\(database.name)' AND wait_event_type = 'Lock'"
        try await database.withPool { pool in
            let statement = Statement("wait", "SELECT pg_advisory_xact_lock_shared(7)::text, pg_backend_pid()")
            let read = Task { try await pool.read([Step(statement)]) { try $0[0][0].integer(1) } }
            try await database.untilBlocked(1)
            let first = try await database.run(blocked)[0][0] ?? ""
            try await database.run("SELECT pg_terminate_backend(\(first))")
            let deadline = ContinuousClock.now + .seconds(120)
            while try await database.run(blocked).allSatisfy({ $0[0] == first }) {
                try #require(ContinuousClock.now < deadline, "it was not asked again")
            }
            try session.run("SELECT pg_advisory_unlock(7)")
            let second = try await read.value
            #expect("\(second)" != first)
        }
    }

    @Test("kill -9 of a session crashes the server: nothing acknowledged is lost, nothing doubled, no restart of ours")
    func killedSession() async throws {
        let cluster = try await PostgresCluster.start()
        let database = try await TestDatabase(on: cluster)
        try await database.run(Notes.loose)
        let news = Journal<Bool>()
        try await database.withPool(changed: { news.add($0 == nil) }) { pool in
            let attempts = try await writing(pool) {
                let pids = try await database.run(
                    """
                    SELECT pid FROM pg_stat_activity
                    WHERE datname = '\(database.name)' AND application_name = 'replyhq'
                    """)
                for pid in pids.compactMap({ $0[0].flatMap { pid_t($0) } }).prefix(1) { kill(pid, SIGKILL) }
                try await soon("the crash is noticed") { news.count > 0 }
            }
            try await expectTruth(attempts, in: database)
            // Said when the last connection is back.
            try await soon("it is said that it works again") { news.count >= 2 }
        }
        // It was said once each way.
        #expect(news.all.prefix(2) == [false, true])
    }

    @Test("kill -9 of the whole server and its return")
    func killedServer() async throws {
        let cluster = try await PostgresCluster.start()
        let database = try await TestDatabase(on: cluster)
        try await database.run(Notes.loose)
        try await database.withPool { pool in
            let attempts = try await writing(pool) {
                try cluster.signal(SIGKILL)
                try await cluster.launch()
            }
            try await expectTruth(attempts, in: database)
        }
    }

    @Test("a server that is stopped and started: told once each way, refused meanwhile, recovered by itself")
    func stopped() async throws {
        let cluster = try await PostgresCluster.start()
        let database = try await TestDatabase(on: cluster)
        try await database.run(Notes.loose)
        let news = Journal<Bool>()
        try await database.withPool(changed: { news.add($0 == nil) }) { pool in
            try await pool.note("before")
            try await pool.checkHealth()
            try await cluster.stop()
            await expectUnavailable { try await pool.note("during") }
            await expectUnavailable { try await pool.noteCount() }
            await expectUnavailable { try await pool.checkHealth() }
            try await cluster.launch()
            try await pool.untilWriting()
            let deadline = ContinuousClock.now + .seconds(120)
            // Said when the last connection is back.
            while news.count < 2 {
                try #require(ContinuousClock.now < deadline, "nobody said that it works again")
                try await MultiThreadedEventLoopGroup.singleton.pause(for: .milliseconds(5))
            }
            #expect(try await pool.noteCount() == 2)
            try await pool.checkHealth()
        }
        #expect(news.all == [false, true])
    }

    @Test("a server that hangs is given up after its time, and used again when it goes on")
    func hanging() async throws {
        let cluster = try await PostgresCluster.start()
        let database = try await TestDatabase(on: cluster)
        try await database.run(Notes.loose)
        try await database.withPool({
            // What comes before the harm has this time, too.
            $0.connection.statementTimeout = .seconds(3)
            $0.connection["connect_timeout"] = "5"
            $0.queueTimeout = .seconds(5)
        }) { pool in
            try await pool.note("before")
            try cluster.signal(SIGSTOP)
            let started = ContinuousClock.now
            let cause = await expectUnavailable { try await pool.note("during") }
            #expect(cause?.kind == .outcomeUnknown)
            await expectUnavailable { try await pool.note("then") }
            await expectUnavailable { try await pool.noteCount() }
            #expect(ContinuousClock.now - started < .seconds(40))
            try cluster.signal(SIGCONT)
            try await pool.untilWriting()
            #expect(try await pool.untilReading() >= 2)
        }
    }

    @Test("a server that turns read-only refuses, and is used again when it takes writes")
    func readOnly() async throws {
        let cluster = try await PostgresCluster.start()
        let database = try await TestDatabase(on: cluster)
        try await database.run(Notes.loose)
        try await database.withPool { pool in
            try await pool.note("before")
            try await database.run("ALTER SYSTEM SET default_transaction_read_only = on")
            try await database.run("SELECT pg_reload_conf()")
            let deadline = ContinuousClock.now + .seconds(120)
            var number = 0
            while true {
                try #require(ContinuousClock.now < deadline, "it never turned read-only")
                number += 1
                do { try await pool.note("\(number)") } catch let error as ChatError {
                    #expect(error.code == .unavailable)
                    break
                }
            }
            await #expect(throws: ChatError.self) { try await pool.checkHealth() }
            let session = try SQLSession(database.url)
            try session.run("SET default_transaction_read_only = off")
            try session.run("ALTER SYSTEM RESET default_transaction_read_only")
            try session.run("SELECT pg_reload_conf()")
            try await pool.untilWriting()
            #expect(try await pool.untilReading() == Int64(number) + 1)
        }
    }
}
