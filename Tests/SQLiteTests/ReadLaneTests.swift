import Dispatch
import PluginAPI
import Testing

@testable import SQLitePlugin

@Suite("SQLite store: short reads")
struct ReadLaneTests {
    private struct Refusal: Error {}

    private static let count = "SELECT COUNT(*) FROM messages"

    @Test("reads that waited together see what was committed before each was asked for, and one that fails is alone")
    func shared() async throws {
        try await TemporaryDatabase().withStore { store in
            let place = try await store.makeConversation()
            let (entered, gate) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await store.read { _ in
                        entered.signal()
                        gate.wait()
                    }
                }
                try await DedicatedThread.run(named: "gate") { entered.wait() }
                for number in 1...20 {
                    try await store.say("\(number)", in: place)
                    group.addTask {
                        let seen = try await store.read { try $0.first(Self.count) { $0.integer(0) } }
                        #expect(try #require(seen) >= number)
                    }
                    group.addTask {
                        await #expect(throws: ChatError.self) {
                            try await store.read { _ in throw Refusal() }
                        }
                    }
                }
                gate.signal()
                try await group.waitForAll()
            }
            // Nothing of what they shared is left: the next one sees what came after.
            try await store.say("after", in: place)
            #expect(try await store.read { try $0.first(Self.count) { $0.integer(0) } } == 21)
        }
    }

    @Test("a transaction that a read left open shows nobody the past")
    func leftOpen() async throws {
        try await TemporaryDatabase().withStore { store in
            let place = try await store.makeConversation()
            let before = try await store.read { connection in
                try connection.run("BEGIN")
                return try connection.first(Self.count) { $0.integer(0) }
            }
            #expect(before == 0)
            try await store.say("after", in: place)
            #expect(try await store.read { try $0.first(Self.count) { $0.integer(0) } } == 1)
        }
    }
}
