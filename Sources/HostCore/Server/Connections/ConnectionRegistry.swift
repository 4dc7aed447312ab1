import NIOCore
import PluginAPI
import Synchronization

/// The open connections of a listener: how many there are, and who can end which of them.
final class ConnectionRegistry: Sendable {
    private struct Entry {
        var channel: any Channel
        /// The route it became a websocket of.
        var route: WebSocketRoute?
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        var webSocketCount = 0
        var emptied: [EventLoopPromise<Void>] = []
        var isDraining = false
        /// Who waits for room, and how few connections that is.
        var waiting: (limit: Int, admit: @Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// How many connections are open, websockets among them.
    var count: Int { state.withLock { $0.entries.count } }
    /// How many websockets are open.
    var webSocketCount: Int { state.withLock { $0.webSocketCount } }
    var isDraining: Bool { state.withLock { $0.isDraining } }

    /// Keeps a connection until it is closed.
    func add(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        state.withLock { $0.entries[id] = Entry(channel: channel) }
        // Last of all that happens when it closes, so that an empty registry means that all of it has happened.
        channel.closeFuture.whenComplete { _ in channel.eventLoop.execute { self.remove(id) } }
    }

    /// Whether there are fewer connections than the limit; if not, `later` is called once there are.
    func hasRoom(below limit: Int, later: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            guard state.entries.count >= limit else { return true }
            state.waiting = (limit, later)
            return false
        }
    }

    /// Makes the connection a websocket, unless its route is not served any more or it is closed.
    ///
    /// - Parameter isServed: called under the lock, so that ``closeWebSockets(of:)`` of a route that was taken back before
    ///   finds every websocket that became one.
    /// - Returns: whether it is one now.
    func becomesWebSocket(_ channel: any Channel, of route: WebSocketRoute, ifStill isServed: () -> Bool) -> Bool {
        state.withLock { state in
            guard isServed(), let index = state.entries.index(forKey: ObjectIdentifier(channel)) else { return false }
            if state.entries.values[index].route == nil {
                state.entries.values[index].route = route
                state.webSocketCount += 1
            }
            return true
        }
    }

    private func remove(_ id: ObjectIdentifier) {
        let (emptied, admit) = state.withLock { state -> ([EventLoopPromise<Void>], (@Sendable () -> Void)?) in
            guard let entry = state.entries.removeValue(forKey: id) else { return ([], nil) }
            if entry.route != nil { state.webSocketCount -= 1 }
            var admit: (@Sendable () -> Void)?
            if let waiting = state.waiting, state.entries.count < waiting.limit {
                admit = waiting.admit
                state.waiting = nil
            }
            return (state.entries.isEmpty ? exchange(&state.emptied, with: []) : [], admit)
        }
        admit?()
        for promise in emptied { promise.succeed() }
    }
}

// MARK: Ending them

extension ConnectionRegistry {
    /// Closes the websockets of a plugin's routes, and waits until that is done.
    func closeWebSockets(of owner: String) async {
        let left = state.withLock { state in
            state.entries.values.filter { $0.route?.owner == owner }.map(\.channel)
        }
        for channel in left { channel.close(promise: nil) }
        for channel in left { try? await channel.closeFuture.get() }
    }

    /// Asks every connection to end and waits until none is left; what is left at the deadline is closed.
    func drain(until deadline: NIODeadline, on loop: any EventLoop) async {
        let emptied = loop.makePromise(of: Void.self)
        let channels = state.withLock { state in
            state.isDraining = true
            if !state.entries.isEmpty { state.emptied.append(emptied) }
            return state.entries.values.map(\.channel)
        }
        if channels.isEmpty { emptied.succeed() }
        // All of a loop in one turn: once a peer sees its connection end, no other one still answers as if it stayed.
        for ofOneLoop in Dictionary(grouping: channels, by: { ObjectIdentifier($0.eventLoop) }).values {
            ofOneLoop.first?.eventLoop.execute {
                for channel in ofOneLoop { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
            }
        }
        let end = loop.scheduleTask(deadline: deadline) { self.closeAll() }
        try? await emptied.futureResult.get()
        end.cancel()
    }

    private func closeAll() {
        let channels = state.withLock { $0.entries.values.map(\.channel) }
        for channel in channels { channel.close(promise: nil) }
    }
}
