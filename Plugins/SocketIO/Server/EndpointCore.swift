import NIOCore
import PluginAPI

/// What all connections of one endpoint share.
final class EndpointCore: Sendable {
    let timings: EngineIOTimings
    let namespaces: [String: Namespace]
    let limits: AddressLimits
    let monitor: SocketIOMonitor
    private let executors: [ObjectIdentifier: EventLoopExecutor]
    private let anyExecutor: EventLoopExecutor

    init(
        timings: EngineIOTimings,
        namespaces: [Namespace],
        limits: AddressLimits,
        monitor: SocketIOMonitor,
        eventLoops: any EventLoopGroup
    ) {
        self.timings = timings
        self.limits = limits
        self.monitor = monitor
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
