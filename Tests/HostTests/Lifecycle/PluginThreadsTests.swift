import Dispatch
import PluginAPI
import Synchronization
import Testing

@testable import HostCore

@Suite("Threads of a plugin", .timeLimit(.minutes(10)))
struct PluginThreadsTests {
    @Test("a task that blocks, and children of it that do, hold up no other task")
    func blocked() async {
        let threads = PluginThreads(named: "test")
        let gate = DispatchSemaphore(value: 0)
        let isHeld = Mutex(0)
        let holding = Task(executorPreference: threads) {
            await withDiscardingTaskGroup { group in
                for _ in 0..<20 {
                    group.addTask {
                        isHeld.withLock { $0 += 1 }
                        hold(gate)
                    }
                }
            }
        }
        while isHeld.withLock({ $0 }) < 20 { await Task.yield() }
        #expect(await Task(executorPreference: threads) { 7 }.value == 7)
        #expect(await Bounded.run(for: .seconds(60), on: threads) { 8 } == 8)
        for _ in 0..<20 { gate.signal() }
        await holding.value
    }

    @Test("never are there more than the limit, and all work is done")
    func limit() async {
        let threads = PluginThreads(named: "test", limit: 3, patience: .milliseconds(1))
        let counts = Mutex((now: 0, most: 0, done: 0))
        await withDiscardingTaskGroup { group in
            for _ in 0..<200 {
                group.addTask(executorPreference: threads) {
                    counts.withLock { counts in
                        counts.now += 1
                        counts.most = max(counts.most, counts.now)
                    }
                    counts.withLock { counts in
                        counts.now -= 1
                        counts.done += 1
                    }
                }
            }
        }
        #expect(counts.withLock { $0.done } == 200)
        #expect(counts.withLock { $0.most } <= 3)
    }

    @Test("none stays when the plugin has come to its end, and later work is done all the same")
    func retired() async {
        let threads = PluginThreads(named: "test", patience: .seconds(3600))
        #expect(await Task(executorPreference: threads) { 1 }.value == 1)
        threads.retire()
        while threads.count > 0 { await Task.yield() }
        #expect(await Task(executorPreference: threads) { 2 }.value == 2)
        threads.retire()
        while threads.count > 0 { await Task.yield() }
    }

    @Test("work that blocks its thread is left behind at the limit, and so is a cancellation that blocks")
    func leftBehind() async {
        let threads = PluginThreads(named: "test")
        let gate = DispatchSemaphore(value: 0)
        #expect(await Bounded.run(for: .milliseconds(10), on: threads) { hold(gate) } == nil)
        let hang = Hang()
        let ended: Void? = await Bounded.run(for: .milliseconds(10), on: threads) {
            await withTaskCancellationHandler {
                await hang.wait()
            } onCancel: {
                hold(gate)
            }
        }
        #expect(ended == nil)
        hang.release()
        for _ in 0..<2 { gate.signal() }
    }
}

/// Holds the thread.
private func hold(_ gate: DispatchSemaphore) { gate.wait() }
