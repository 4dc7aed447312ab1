import Logging
import NIOCore
import PluginAPI

/// What all connections of a listener share.
final class ConnectionDesk: Sendable {
    let configuration: ListenerConfiguration
    let routes: RouteTable
    let edge: HTTPEdge
    let connections = ConnectionRegistry()
    let date = HTTPDate()
    let logger: Logger
    private let executors: [ObjectIdentifier: EventLoopExecutor]

    init(
        configuration: ListenerConfiguration,
        loops: any EventLoopGroup,
        routes: RouteTable,
        edge: HTTPEdge,
        logger: Logger
    ) {
        self.configuration = configuration
        self.routes = routes
        self.edge = edge
        self.logger = logger
        var executors: [ObjectIdentifier: EventLoopExecutor] = [:]
        for loop in loops.makeIterator() { executors[ObjectIdentifier(loop)] = EventLoopExecutor(loop) }
        self.executors = executors
    }

    func executor(of loop: any EventLoop) -> EventLoopExecutor {
        executors[ObjectIdentifier(loop)] ?? EventLoopExecutor(loop)
    }
}
