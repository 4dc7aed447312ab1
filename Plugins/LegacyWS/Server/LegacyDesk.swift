import NIOCore
import PluginAPI

/// What all connections share.
final class LegacyDesk: Sendable {
    let limits: LegacyLimits
    let table: LegacyTable
    let addresses: AddressLimits
    let monitor: LegacyMonitor
    private let executors: [ObjectIdentifier: EventLoopExecutor]
    private let anyExecutor: EventLoopExecutor

    init(
        limits: LegacyLimits, addresses: AddressLimits, monitor: LegacyMonitor, eventLoops: any EventLoopGroup
    ) {
        self.limits = limits
        self.addresses = addresses
        self.monitor = monitor
        table = LegacyTable { monitor.meters.open($0) }
        executors = Dictionary(
            eventLoops.makeIterator().map { (ObjectIdentifier($0), EventLoopExecutor($0)) },
            uniquingKeysWith: { first, _ in first })
        anyExecutor = EventLoopExecutor(eventLoops.any())
    }

    /// Runs tasks of a connection on its own loop.
    func executor(of eventLoop: any EventLoop) -> EventLoopExecutor {
        executors[ObjectIdentifier(eventLoop)] ?? anyExecutor
    }
}

/// What a connection may cost.
struct LegacyLimits: Sendable {
    var pingInterval: Duration
    var staleAfter: Duration
    var maxPayload: Int
    var outboundLimit: Int
    var rates: EventBudget.Rates
}
