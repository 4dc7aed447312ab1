import NIOCore
import PluginAPI
import Synchronization

/// Every open Engine.IO connection, whichever plugin's endpoint it came to, so that a stopping node can end them all.
final class TransportTable: Sendable {
    private typealias Entry = NIOLoopBound<EngineIOHandler>

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())
    private let changed: @Sendable (Int) -> Void

    /// - Parameter changed: hears how many there are; quick, and asks nothing of the table.
    init(changed: @escaping @Sendable (Int) -> Void = { _ in }) {
        self.changed = changed
    }

    /// How many connections are open.
    var count: Int { state.withLock { $0.entries.count } }

    /// Keeps a connection until it is removed. One that comes after ``closeAll()``, because its upgrade was under way,
    /// is closed: nobody else would do it. On its loop.
    func add(_ transport: EngineIOHandler) {
        let entry = NIOLoopBound(transport, eventLoop: transport.eventLoop)
        let isLate = state.withLock { state in
            state.entries[ObjectIdentifier(transport)] = entry
            // Under the lock, or the last to tell would not be the last to count.
            changed(state.entries.count)
            return state.isClosed
        }
        if isLate { Self.close(entry) }
    }

    /// The connection has ended.
    func remove(_ transport: EngineIOHandler) {
        state.withLock { state in
            state.entries[ObjectIdentifier(transport)] = nil
            changed(state.entries.count)
        }
    }

    /// Closes every connection, and whichever comes later.
    func closeAll() {
        let entries = state.withLock { state in
            state.isClosed = true
            return Array(state.entries.values)
        }
        for entry in entries { Self.close(entry) }
    }

    /// Calls the body for every connection, on its loop, and returns when all have been called: for how many it
    /// answered true.
    func count(_ body: @escaping @Sendable (EngineIOHandler) -> Bool) async -> Int {
        var count = 0
        let entries = state.withLock { Array($0.entries.values) }
        for group in Dictionary(grouping: entries, by: { ObjectIdentifier($0.eventLoop) }).values {
            guard let eventLoop = group.first?.eventLoop else { continue }
            count += await withCheckedContinuation { continuation in
                eventLoop.execute { continuation.resume(returning: group.count { body($0.value) }) }
            }
        }
        return count
    }

    /// Calls the body for every connection, on its loop, and does not wait for it.
    func each(_ body: @escaping @Sendable (EngineIOHandler) -> Void) {
        let entries = state.withLock { Array($0.entries.values) }
        for group in Dictionary(grouping: entries, by: { ObjectIdentifier($0.eventLoop) }).values {
            group.first?.eventLoop.execute { for entry in group { body(entry.value) } }
        }
    }

    private static func close(_ entry: Entry) {
        entry.eventLoop.execute { entry.value.close(.shutdown) }
    }
}
