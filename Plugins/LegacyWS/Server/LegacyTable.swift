import NIOCore
import PluginAPI
import Synchronization

/// Every open connection of both endpoints, so that a stopping plugin can end them all.
final class LegacyTable: Sendable {
    private typealias Entry = NIOLoopBound<LegacyTransport>

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        var isClosed = false
        var emptied: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let changed: @Sendable (Int) -> Void

    /// - Parameter changed: hears how many there are; quick, and asks nothing of the table.
    init(changed: @escaping @Sendable (Int) -> Void = { _ in }) {
        self.changed = changed
    }

    var count: Int { state.withLock { $0.entries.count } }

    /// Keeps a connection until it is removed. On its loop.
    ///
    /// - Returns: why it cannot stay: it comes after ``closeAll(over:)``.
    func add(_ transport: LegacyTransport) -> LegacyClose? {
        let isLate = state.withLock { state in
            state.entries[ObjectIdentifier(transport)] = NIOLoopBound(transport, eventLoop: transport.eventLoop)
            // Under the lock, or the last to tell would not be the last to count.
            changed(state.entries.count)
            return state.isClosed
        }
        return isLate ? .restarting : nil
    }

    /// - Returns: whether it was here.
    @discardableResult
    func remove(_ transport: LegacyTransport) -> Bool {
        let (wasHere, emptied) = state.withLock { state in
            let wasHere = state.entries.removeValue(forKey: ObjectIdentifier(transport)) != nil
            changed(state.entries.count)
            return (wasHere, state.entries.isEmpty ? exchange(&state.emptied, with: []) : [])
        }
        for waiter in emptied { waiter.resume() }
        return wasHere
    }

    /// Tells every connection that the server goes and closes it, at times spread evenly over a window, and whichever
    /// comes later at once.
    func closeAll(over window: Duration) {
        let entries = state.withLock { state in
            state.isClosed = true
            return Array(state.entries.values)
        }
        let step = window / max(1, entries.count)
        for (place, entry) in entries.shuffled().enumerated() {
            let delay = (step * place).deadlineAmount
            let close: @Sendable () -> Void = { entry.value.close(.goingAway, reason: "server shutting down") }
            if delay.nanoseconds > 0 {
                entry.eventLoop.scheduleTask(in: delay, close)
            } else {
                entry.eventLoop.execute(close)
            }
        }
    }

    /// Returns when there are no connections, or at the deadline.
    func waitUntilEmpty(by deadline: NIODeadline, on eventLoop: any EventLoop) async {
        var end: Scheduled<Void>?
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if !state.entries.isEmpty { state.emptied.append(continuation) }
                return state.entries.isEmpty
            }
            // Only now: at once it would find nobody waiting.
            if isEmpty {
                continuation.resume()
            } else {
                end = eventLoop.scheduleTask(deadline: deadline) { self.giveUpWaiting() }
            }
        }
        end?.cancel()
    }

    private func giveUpWaiting() {
        for waiter in state.withLock({ exchange(&$0.emptied, with: []) }) { waiter.resume() }
    }
}
