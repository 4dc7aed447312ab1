import PluginAPI
import Testing

@testable import PostgresPlugin

@Suite("Postgres driver: bounds", .timeLimit(.minutes(10)))
struct BoundsTests {
    /// A database whose table nobody can write to until the session ends.
    private func locked() async throws -> (TestDatabase, SQLSession) {
        let database = try await TestDatabase()
        try await database.run(Notes.strict)
        let session = try SQLSession(database.url)
        try session.run("BEGIN; LOCK TABLE notes IN EXCLUSIVE MODE")
        return (database, session)
    }

    @Test("beyond the bound of the queue callers hear at once that the store is busy")
    func queue() async throws {
        let (database, session) = try await locked()
        try await database.withPool({
            $0.writeConnections = 1
            $0.queueLimit = 10
        }) { pool in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await pool.note("held") }
                try await database.untilBlocked(1)
                for number in 0..<10 { group.addTask { try await pool.note("\(number)") } }
                try await pool.untilWaiting(10)
                let cause = await expectUnavailable { try await pool.note("too many") }
                #expect(cause?.kind == .queueFull)
                try session.run("ROLLBACK")
                try await group.waitForAll()
            }
            #expect(pool.waitingWrites == 0)
            #expect(try await pool.noteCount() == 11)
        }
    }

    @Test("who waits too long to be sent fails, and nothing of it is stored")
    func waiting() async throws {
        let (database, session) = try await locked()
        try await database.withPool({
            $0.writeConnections = 1
            $0.queueTimeout = .seconds(5)
        }) { pool in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await pool.note("held") }
                try await database.untilBlocked(1)
                let cause = await expectUnavailable { try await pool.note("late") }
                #expect(cause?.kind == .waitedTooLong)
                try session.run("ROLLBACK")
                try await group.waitForAll()
            }
            #expect(try await pool.noteCount() == 1)
        }
    }

    @Test("a statement that takes too long is stopped by the server, and its batch goes on without it")
    func statement() async throws {
        let (database, session) = try await locked()
        try await database.withPool({
            $0.writeConnections = 1
            $0.connection.statementTimeout = .seconds(6)
        }) { pool in
            let cause = await expectUnavailable { try await pool.note("blocked") }
            #expect(cause?.state == .queryCancelled)
            let slow = await expectUnavailable { try await pool.read([Step(Notes.sleep, .text("60"))]) { $0.count } }
            #expect(slow?.state == .queryCancelled)
            try session.run("ROLLBACK")
            try await pool.note("free")
            #expect(try await pool.noteCount() == 1)
        }
    }

    @Test("a cancelled task's write is taken back while it waits, and its read is left at once")
    func cancelling() async throws {
        let (database, session) = try await locked()
        try await database.withPool({ $0.writeConnections = 1 }) { pool in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await pool.note("held") }
                try await database.untilBlocked(1)
                let write = Task { try await pool.note("cancelled") }
                try await pool.untilWaiting(1)
                write.cancel()
                await #expect(throws: CancellationError.self) { try await write.value }
                let read = Task { try await pool.read([Step(Notes.sleep, .text("60"))]) { $0.count } }
                let started = ContinuousClock.now
                read.cancel()
                await #expect(throws: CancellationError.self) { try await read.value }
                #expect(ContinuousClock.now - started < .seconds(10))
                #expect(pool.waitingWrites == 0)
                try session.run("ROLLBACK")
                try await group.waitForAll()
            }
            #expect(try await pool.noteCount() == 1)
        }
    }

    @Test("closing finishes what was accepted and refuses what comes")
    func closing() async throws {
        let (database, session) = try await locked()
        var options = try database.options
        options.writeConnections = 1
        let pool = try await PostgresPool.open(options)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pool.note("0", lane: "0") }
            try await database.untilBlocked(1)
            for number in 1..<20 { group.addTask { try await pool.note("\(number)", lane: "\(number)") } }
            try await pool.untilWaiting(19)
            group.addTask { await pool.close(within: .seconds(60)) }
            var isRefused = false
            while !isRefused {
                do {
                    _ = try await pool.read([Step(Notes.count)]) { $0.count }
                } catch let error as ChatError {
                    isRefused = error.code == .unavailable
                }
            }
            try session.run("ROLLBACK")
            try await group.waitForAll()
        }
        await expectUnavailable { try await pool.note("late") }
        #expect(try await database.run("SELECT count(*) FROM notes") == [["20"]])
    }

    @Test("closing waits no longer than it may")
    func impatience() async throws {
        let (database, session) = try await locked()
        let pool = try await PostgresPool.open(try database.options)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await expectUnavailable { try await pool.note("held") } }
            try await database.untilBlocked(1)
            await pool.close(within: .milliseconds(50))
            try await group.waitForAll()
        }
        try session.run("ROLLBACK")
        // Once more is no error.
        await pool.close()
    }
}
