import NIOEmbedded
import PluginAPI
import Synchronization
import Testing

@testable import PushPlugin

@Suite("Push: waiting for what is under way", .timeLimit(.minutes(10)))
struct RestWaitingTests {
    private final class Count: Sendable {
        private let value: Mutex<Int>

        init(_ value: Int) { self.value = Mutex(value) }

        var isZero: Bool { value.withLock { $0 == 0 } }

        func lower() { value.withLock { $0 -= 1 } }
    }

    private let loop = NIOAsyncTestingEventLoop()
    private let resting = RestWaiting()

    @Test("nothing under way is not waited for")
    func atOnce() async {
        await resting.wait(until: loop.now + .hours(1), on: loop) { true }
    }

    @Test("it ends with the last of those under way, whenever that ends")
    func lastOne() async {
        for _ in 0..<50 {
            let count = Count(3)
            await withDiscardingTaskGroup { group in
                group.addTask {
                    await resting.wait(until: loop.now + .hours(1), on: loop) { count.isZero }
                    #expect(count.isZero)
                }
                for _ in 0..<3 {
                    group.addTask {
                        count.lower()
                        resting.notice()
                    }
                }
            }
        }
    }

    @Test("at the deadline it is no longer waited, nor after it")
    func deadline() async {
        let (begun, signal) = AsyncStream.makeStream(of: Void.self)
        async let wait: Void = resting.wait(until: .uptimeNanoseconds(0) + .seconds(5), on: loop) {
            signal.yield()
            return false
        }
        for await _ in begun { break }
        await loop.advanceTime(to: .uptimeNanoseconds(0) + .seconds(5))
        await wait
        await resting.wait(until: .uptimeNanoseconds(0) + .seconds(4), on: loop) { false }
    }

    @Test("a cancelled task waits no longer")
    func cancellation() async {
        let task = Task { await resting.wait(until: loop.now + .hours(1), on: loop) { false } }
        task.cancel()
        await task.value
    }
}
