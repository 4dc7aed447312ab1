import NIOCore
import PluginAPI
import Synchronization

/// Every open Engine.IO connection, whichever plugin's endpoint it came to, so that a stopping node can end them all.
final class TransportTable: Sendable {
    private struct Entry: Sendable {
        var eventLoop: any EventLoop
        var transport: NIOLoopBound<EngineIOHandler>

        func close() {
            eventLoop.execute { transport.value.close(.serverShuttingDown) }
        }
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Keeps a connection until its channel is closed. One that comes after ``closeAll()``, because its upgrade was
    /// under way, is closed: nobody else would do it.
    func add(_ transport: EngineIOHandler, on channel: any Channel) {
        let id = ObjectIdentifier(transport)
        let entry = Entry(
            eventLoop: channel.eventLoop,
            transport: NIOLoopBound(transport, eventLoop: channel.eventLoop)
        )
        let isLate = state.withLock { state in
            state.entries[id] = entry
            return state.isClosed
        }
        channel.closeFuture.whenComplete { _ in self.state.withLock { _ = $0.entries.removeValue(forKey: id) } }
        if isLate { entry.close() }
    }

    /// Closes every connection, and whichever comes later.
    func closeAll() {
        let entries = state.withLock { state in
            state.isClosed = true
            return Array(state.entries.values)
        }
        for entry in entries { entry.close() }
    }
}
