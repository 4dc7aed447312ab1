import Dispatch
import GRDB
import PluginAPI
import Testing

@testable import SQLitePlugin

@Suite("SQLite store: writer")
struct WriterTests {
    /// Keeps the writer inside a transaction until it is opened.
    private struct Gate: Sendable {
        private let semaphore = DispatchSemaphore(value: 0)
        private let entered = DispatchSemaphore(value: 0)

        func hold(_ store: SQLiteStore) async throws {
            try await store.writer.write { _ in
                entered.signal()
                semaphore.wait()
            }
        }

        func waitUntilHeld() async throws {
            try await DedicatedThread.run(named: "gate") { entered.wait() }
        }

        func open() { semaphore.signal() }
    }

    private struct Refusal: Error {}

    private func untilWaiting(_ count: Int, _ store: SQLiteStore) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        while store.writer.waitingCount < count {
            try #require(ContinuousClock.now < deadline, "the writes never arrived")
            await Task.yield()
        }
    }

    @Test("a write that fails does not fail its neighbours, and they happen once")
    func isolation() async throws {
        try await TemporaryDatabase().withStore { store in
            let place = try await store.makeConversation()
            let gate = Gate()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await gate.hold(store) }
                try await gate.waitUntilHeld()
                for number in 0..<5 { group.addTask { try await store.say("\(number)", in: place) } }
                group.addTask {
                    await #expect(throws: ChatError.self) {
                        try await store.writer.write { transaction in
                            try transaction.connection.run("UPDATE message_sequence SET value = 1000000 WHERE id = 1")
                            throw Refusal()
                        }
                    }
                }
                group.addTask {
                    do {
                        try await store.writer.write { transaction in
                            _ = try transaction.connection.run("UPDATE conversations SET status = 'odd'")
                        }
                        Issue.record("a row that breaks a constraint was taken")
                    } catch let error as ChatError {
                        #expect(error.code == .conflict)
                    }
                }
                for number in 5..<10 { group.addTask { try await store.say("\(number)", in: place) } }
                try await untilWaiting(12, store)
                gate.open()
                try await group.waitForAll()
            }
            let messages = try await store.everything(in: place)
            #expect(Set(messages.map(\.body)) == Set((0..<10).map { "\($0)" }))
            #expect(messages.map(\.sequence) == Array(1...10))
        }
    }

    @Test("when a commit fails nothing is acknowledged or told, and the next write works")
    func failedCommit() async throws {
        try await TemporaryDatabase().withStore { store in
            let place = try await store.makeConversation()
            let gate = Gate()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await gate.hold(store) }
                try await gate.waitUntilHeld()
                for number in 0..<5 {
                    let new = NewMessage(
                        id: MessageID(IDGenerator.message()), localID: LocalMessageID("\(number)"),
                        conversation: place.conversation, scope: .app(place.app), sender: .user, body: "x", at: .epoch)
                    group.addTask {
                        await #expect(throws: ChatError.self) {
                            try await store.append(new) { _ in Issue.record("told of what was not stored") }
                        }
                    }
                }
                group.addTask {
                    await #expect(throws: ChatError.self) {
                        try await store.writer.write { transaction in
                            // Found out only at the commit.
                            try transaction.connection.run("PRAGMA defer_foreign_keys = ON")
                            try transaction.connection.run("UPDATE conversations SET app_id = 'nobody'")
                        }
                    }
                }
                try await untilWaiting(6, store)
                gate.open()
                try await group.waitForAll()
            }
            #expect(try await store.everything(in: place).isEmpty)
            #expect(try await store.say("after", in: place)?.isNew == true)
            #expect(try await store.everything(in: place).map(\.sequence) == [1])
        }
    }

    @Test("beyond the bound of the queue callers hear at once that the store is busy")
    func bound() async throws {
        try await TemporaryDatabase().withStore { store in
            let gate = Gate()
            let extra = 20
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    try await gate.hold(store)
                    return true
                }
                try await gate.waitUntilHeld()
                for _ in 0..<(Writer.queueLimit + extra) {
                    group.addTask {
                        do {
                            try await store.writer.write { _ in }
                            return true
                        } catch let error as ChatError {
                            #expect(error.code == .unavailable && error.retryAfter != nil)
                            return false
                        }
                    }
                }
                // Nothing else can end while the gate is shut.
                for _ in 0..<extra { #expect(try await group.next() == false) }
                gate.open()
                var done = 0
                while let isDone = try await group.next() { done += isDone ? 1 : 0 }
                #expect(done == Writer.queueLimit + 1)
            }
        }
    }

    @Test("a lock that another process keeps is unavailable, with advice, and passes")
    func locked() async throws {
        let database = try TemporaryDatabase()
        try await database.withStore(busyTimeout: .zero) { store in
            let place = try await store.makeConversation()
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let intruder = try DatabaseQueue(path: database.path, configuration: configuration)
            try intruder.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE") }
            do {
                try await store.say("x", in: place)
                Issue.record("wrote under another's lock")
            } catch let error as ChatError {
                #expect(error.code == .unavailable && error.retryAfter != nil)
            }
            await #expect(throws: ChatError.self) { try await store.checkHealth() }
            try intruder.inDatabase { try $0.execute(sql: "ROLLBACK") }
            #expect(try await store.say("x", in: place)?.isNew == true)
            try await store.checkHealth()
        }
    }

    @Test("after closing, writes and reads are refused, and what was accepted is there")
    func closing() async throws {
        let database = try TemporaryDatabase()
        let store = try await SQLiteStore.open(SQLiteOptions(path: database.path))
        let place = try await store.makeConversation()
        async let said: [StoredMessage?] = withThrowingTaskGroup { group in
            for number in 0..<50 { group.addTask { try await store.say("\(number)", in: place) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let acknowledged = try await said.compactMap { $0?.message.id }
        try await store.close()
        await #expect(throws: ChatError.self) { try await store.say("late", in: place) }
        await #expect(throws: ChatError.self) { try await store.everything(in: place) }
        try await database.withStore { store in
            let found = try await store.everything(in: place)
            #expect(Set(found.map(\.id)) == Set(acknowledged) && acknowledged.count == 50)
        }
    }
}
