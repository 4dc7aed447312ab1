import NIOCore
import Synchronization

/// The open connections of a listener, so that it can end them.
final class ConnectionRegistry: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var emptied: [EventLoopPromise<Void>] = []
        var isDraining = false
    }

    private let state = Mutex(State())

    /// How many connections are open.
    var count: Int { state.withLock { $0.channels.count } }
    var isDraining: Bool { state.withLock { $0.isDraining } }

    /// Keeps a connection until it is closed.
    func add(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        state.withLock { $0.channels[id] = channel }
        // Last of all that happens when it closes, so that an empty registry means that all of it has happened.
        channel.closeFuture.whenComplete { _ in channel.eventLoop.execute { self.remove(id) } }
    }

    /// Asks every connection to end and waits until none is left; what is left at the deadline is closed.
    func drain(until deadline: NIODeadline, on loop: any EventLoop) async {
        let emptied = loop.makePromise(of: Void.self)
        let channels = state.withLock { state in
            state.isDraining = true
            if !state.channels.isEmpty { state.emptied.append(emptied) }
            return Array(state.channels.values)
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
        let channels = state.withLock { Array($0.channels.values) }
        for channel in channels { channel.close(promise: nil) }
    }

    private func remove(_ id: ObjectIdentifier) {
        let emptied: [EventLoopPromise<Void>] = state.withLock { state in
            state.channels[id] = nil
            guard state.channels.isEmpty else { return [] }
            defer { state.emptied = [] }
            return state.emptied
        }
        for promise in emptied { promise.succeed() }
    }
}
