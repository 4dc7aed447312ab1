import Dispatch
import PluginAPI
import Testing

@Suite("Threads for work that waits")
struct DedicatedThreadTests {
    private struct Refusal: Error {}

    @Test("what the work returns or throws is handed on")
    func results() async throws {
        #expect(try await DedicatedThread.run(named: "one") { 1 } == 1)
        await #expect(throws: Refusal.self) { try await DedicatedThread.run(named: "other") { throw Refusal() } }
    }

    @Test("however many wait, tasks go on", .timeLimit(.minutes(10)))
    func waiting() async throws {
        let count = 100
        let gate = DispatchSemaphore(value: 0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (entered, entering) = AsyncStream<Void>.makeStream()
            for _ in 0..<count {
                group.addTask {
                    try await DedicatedThread.run(named: "waits") {
                        entering.yield()
                        gate.wait()
                    }
                }
            }
            var waiting = 0
            for await _ in entered {
                waiting += 1
                if waiting == count { break }
            }
            // A task of its own, which needs a thread of the pool to begin.
            await Task.detached { for _ in 0..<count { gate.signal() } }.value
            try await group.waitForAll()
        }
    }
}
