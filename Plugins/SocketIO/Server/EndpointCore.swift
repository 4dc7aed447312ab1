import NIOCore
import PluginAPI
import Synchronization

/// What all connections of one endpoint share.
final class EndpointCore: Sendable {
    let timings: EngineIOTimings
    let namespaces: [String: Namespace]
    let connections: ConnectionTable
    private let executors: [ObjectIdentifier: EventLoopExecutor]
    private let anyExecutor: EventLoopExecutor

    init(
        timings: EngineIOTimings,
        namespaces: [Namespace],
        connections: ConnectionTable = ConnectionTable(),
        eventLoops: any EventLoopGroup
    ) {
        self.connections = connections
        self.timings = timings
        self.namespaces = Dictionary(namespaces.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        executors = Dictionary(
            eventLoops.makeIterator().map { (ObjectIdentifier($0), EventLoopExecutor($0)) },
            uniquingKeysWith: { first, _ in first }
        )
        anyExecutor = EventLoopExecutor(eventLoops.any())
    }

    /// Runs tasks of a connection on its own loop.
    func executor(of eventLoop: any EventLoop) -> EventLoopExecutor {
        executors[ObjectIdentifier(eventLoop)] ?? anyExecutor
    }
}

/// The open connections of an endpoint.
final class ConnectionTable: Sendable {
    private struct Entry: Sendable {
        var eventLoop: any EventLoop
        var connection: NIOLoopBound<SocketIOConnection>
    }

    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

    var count: Int { entries.withLock { $0.count } }

    func add(_ connection: SocketIOConnection) {
        let entry = Entry(
            eventLoop: connection.eventLoop,
            connection: NIOLoopBound(connection, eventLoop: connection.eventLoop)
        )
        entries.withLock { $0[ObjectIdentifier(connection)] = entry }
    }

    func remove(_ connection: SocketIOConnection) {
        entries.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(connection)) }
    }

    /// Calls the body for every connection, on its loop, and returns when all have been called.
    func forEach(_ body: @escaping @Sendable (SocketIOConnection) -> Void) async {
        let byLoop = Dictionary(grouping: entries.withLock { Array($0.values) }) { ObjectIdentifier($0.eventLoop) }
        for group in byLoop.values {
            guard let eventLoop = group.first?.eventLoop else { continue }
            await withCheckedContinuation { continuation in
                eventLoop.execute {
                    for entry in group { body(entry.connection.value) }
                    continuation.resume()
                }
            }
        }
    }
}
