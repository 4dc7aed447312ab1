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
        let held = Counts()
        let holding = Task(executorPreference: threads) {
            await withDiscardingTaskGroup { group in
                for _ in 0..<20 {
                    group.addTask {
                        held.begin()
                        hold(gate)
                    }
                }
            }
        }
        while held.now < 20 { await Task.yield() }
        #expect(await Task(executorPreference: threads) { 7 }.value == 7)
        #expect(await Bounded.run(for: .seconds(60), on: threads) { 8 } == 8)
        for _ in 0..<20 { gate.signal() }
        await holding.value
    }

    @Test("never are there more than the limit, and all work is done")
    func limit() async {
        let threads = PluginThreads(named: "test", limit: 3, patience: .milliseconds(1))
        let counts = Counts()
        await withDiscardingTaskGroup { group in
            for _ in 0..<200 {
                group.addTask(executorPreference: threads) {
                    counts.begin()
                    counts.end()
                }
            }
        }
        #expect(counts.done == 200)
        #expect(counts.most <= 3)
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
        // The gate first: while the handler runs it holds the lock of its task, which resuming that task waits for.
        for _ in 0..<2 { gate.signal() }
        hang.release()
    }
}

/// Holds the thread.
private func hold(_ gate: DispatchSemaphore) { gate.wait() }

/// How many run at a time.
private final class Counts: Sendable {
    private let values = Mutex((now: 0, most: 0, done: 0))

    var now: Int { values.withLock { $0.now } }
    var most: Int { values.withLock { $0.most } }
    var done: Int { values.withLock { $0.done } }

    func begin() {
        values.withLock { values in
            values.now += 1
            values.most = max(values.most, values.now)
        }
    }

    func end() {
        values.withLock { values in
            values.now -= 1
            values.done += 1
        }
    }
}
