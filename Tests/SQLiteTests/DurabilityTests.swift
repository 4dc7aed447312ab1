import Dispatch
import GRDB
import PluginAPI
import Synchronization
import Testing

@testable import SQLitePlugin

@Suite("SQLite store: what waits for the disk")
struct DurabilityTests {
    private static let levels = (normal: 1, full: 2)

    /// What writes saw, and how many were committed by then.
    private final class Log: Sendable {
        private let state = Mutex((lines: [String](), committed: 0))

        var lines: [String] { state.withLock { $0.lines } }

        func write(_ name: String, _ level: Int) {
            state.withLock { $0.lines.append("\(name) \(level) \($0.committed)") }
        }

        func committed() { state.withLock { $0.committed += 1 } }
    }

    private static func level(_ transaction: WriteTransaction) throws -> Int {
        try Int.fetchOne(transaction.connection.database, sql: "PRAGMA synchronous") ?? -1
    }

    @Test("what need not be durable is not synced, and everything else is, before it and after it")
    func levels() async throws {
        try await TemporaryDatabase().withStore { store in
            for isDurable in [true, false, false, true, true, false, true] {
                let level = try await store.writer.write(isDurable: isDurable) { try Self.level($0) }
                #expect(level == (isDurable ? Self.levels.full : Self.levels.normal))
            }
        }
    }

    @Test("of the writes that need not be durable one at a time goes between the others, and with none of them")
    func turns() async throws {
        try await TemporaryDatabase().withStore { store in
            let gate = DispatchSemaphore(value: 0)
            let entered = DispatchSemaphore(value: 0)
            let log = Log()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await store.writer.write { _ in
                        entered.signal()
                        gate.wait()
                    }
                }
                try await DedicatedThread.run(named: "gate") { entered.wait() }
                for (number, name) in ["d1", "r1", "r2", "d2", "r3"].enumerated() {
                    let isDurable = name.hasPrefix("d")
                    group.addTask {
                        try await store.writer.write(isDurable: isDurable, committed: { _ in log.committed() }) {
                            log.write(name, try Self.level($0))
                        }
                    }
                    let deadline = ContinuousClock.now + .seconds(60)
                    while store.writer.waitingCount <= number {
                        try #require(ContinuousClock.now < deadline, "the write never arrived")
                        await Task.yield()
                    }
                }
                gate.signal()
                try await group.waitForAll()
            }
            // The last number tells which of them share a transaction.
            #expect(log.lines == ["r1 1 0", "d1 2 1", "d2 2 1", "r2 1 3", "r3 1 4"])
        }
    }
}
