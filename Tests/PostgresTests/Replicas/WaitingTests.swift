import PluginAPI
import Testing

@testable import PostgresPlugin

@Suite("Replicas: positions and who waits for them")
struct WaitingTests {
    @Test("a position is reached by one at least as far in the same history, and by none of another")
    func positions() {
        let target = WALPosition(timeline: 2, offset: 1_000)
        #expect(WALPosition(timeline: 2, offset: 1_000).reaches(target))
        #expect(WALPosition(timeline: 2, offset: 1_001).reaches(target))
        #expect(!WALPosition(timeline: 2, offset: 999).reaches(target))
        #expect(!WALPosition(timeline: 1, offset: 5_000).reaches(target))
        #expect(!WALPosition(timeline: 3, offset: 5_000).reaches(target))
    }

    @Test("those who are meant are resumed, the others wait on, and who is cancelled waits no longer")
    func waiting() async throws {
        let list = WaitingList<Int, String>()
        let added = Journal<Int>()
        func wait(for key: Int) -> Task<String, any Error> {
            Task { try await list.wait(for: key) { added.add(key) } }
        }
        let (first, second, third) = (wait(for: 1), wait(for: 2), wait(for: 3))
        while added.count < 3 { await Task.yield() }
        list.resume(with: .success("meant")) { $0 == 1 }
        #expect(try await first.value == "meant")
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(!list.isEmpty)
        list.resume(with: .failure(ReplicaFailure.dropped))
        await #expect(throws: ReplicaFailure.self) { try await third.value }
        #expect(list.isEmpty)
    }

    @Test("who was cancelled before waits for nothing")
    func cancelled() async {
        let list = WaitingList<Int, Void>()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            try await list.wait(for: 1)
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(list.isEmpty)
    }

    @Test("the primary's position that is told lies behind everything committed before it was asked for")
    func position() async throws {
        let database = try await TestDatabase()
        try await database.run(Notes.loose)
        try await database.withPool { pool in
            let position = PrimaryPosition(pool)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        try await pool.note("\(number)", lane: "\(number)")
                        let before = try await pool.read([Step(.primaryPosition)]) {
                            try $0[0].first(as: WALPosition.init(row:))
                        }
                        let told = try await position.next()
                        #expect(told.reaches(try #require(before)))
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
