import NIOEmbedded
import NIOPosix
import PluginAPI
import Synchronization
import Testing

@Suite("A task's pause on an event loop", .timeLimit(.minutes(10)))
struct PauseTests {
    private final class Ended: Sendable {
        private let all = Mutex<[Int]>([])

        var numbers: [Int] { all.withLock { $0 } }

        func append(_ number: Int) { all.withLock { $0.append(number) } }
    }

    private let loop = NIOAsyncTestingEventLoop()

    @Test("nothing and less is not waited for, and still notices the cancellation")
    func nothing() async throws {
        try await loop.pause(for: .zero)
        try await loop.pause(for: .seconds(-5))
        try await loop.pause(until: loop.now)
        let cancelled = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await loop.pause(for: .zero)
        }
        await #expect(throws: CancellationError.self) { try await cancelled.value }
    }

    @Test("pauses end when their time has come by the loop's clock, the shorter first")
    func order() async throws {
        let ended = Ended()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for seconds in [3, 1, 2] {
                group.addTask {
                    try await loop.pause(until: .uptimeNanoseconds(0) + .seconds(Int64(seconds)))
                    ended.append(seconds)
                }
            }
            for seconds in 1...3 {
                // Those that began late see that their time is over by themselves.
                await loop.advanceTime(to: .uptimeNanoseconds(UInt64(seconds) * 1_000_000_000))
                try await group.next()
                #expect(ended.numbers == Array(1...seconds))
            }
        }
    }

    @Test("a pause that is cancelled ends at once, before it began or while it lasts")
    func cancellation() async throws {
        for isEarly in [true, false] {
            let (begun, signal) = AsyncStream.makeStream(of: Void.self)
            let task = Task {
                if isEarly { withUnsafeCurrentTask { $0?.cancel() } }
                signal.yield()
                try await loop.pause(for: .seconds(3_600))
            }
            for await _ in begun { break }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test("cancelling and coming to an end at the same time end it once")
    func race() async throws {
        let loops = MultiThreadedEventLoopGroup.singleton
        for _ in 0..<500 {
            let task = Task { try await loops.pause(for: .milliseconds(1)) }
            await Task.yield()
            loops.next().scheduleTask(in: .microseconds(Int64.random(in: 0...2_000))) { task.cancel() }
            // Whichever came first: it ends.
            _ = await task.result
        }
    }
}
