import Logging
import NIOCore
import PluginAPI

/// What all connections of a listener share.
final class ConnectionDesk: Sendable {
    let configuration: ListenerConfiguration
    let routes: RouteTable
    let edge: HTTPEdge
    var connections: ConnectionRegistry { routes.connections }
    let date = HTTPDate()
    let logger: Logger
    let unsent: UnsentAnswers
    private let loops: [ObjectIdentifier: LoopDesk]

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
        unsent = UnsentAnswers(limit: configuration.maxUnsentBytes, logger: logger, gauge: edge.meters?.unsent)
        self.loops = Dictionary(
            loops.makeIterator().map { (ObjectIdentifier($0), LoopDesk($0)) }, uniquingKeysWith: { first, _ in first })
    }

    /// Other limits and another edge, for the connections to come; what the loops share stays.
    init(_ other: ConnectionDesk, configuration: ListenerConfiguration, edge: HTTPEdge) {
        self.configuration = configuration
        self.edge = edge
        routes = other.routes
        logger = other.logger
        unsent = other.unsent
        unsent.follow(limit: configuration.maxUnsentBytes)
        loops = other.loops
    }

    subscript(_ loop: any EventLoop) -> LoopDesk {
        loops[ObjectIdentifier(loop)] ?? LoopDesk(loop)
    }
}
