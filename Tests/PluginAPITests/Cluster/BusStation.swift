import Logging
import NIOEmbedded
import Synchronization

@testable import PluginAPI

/// One node without sockets: what its hub would deliver.
struct BusStation {
    let loop = NIOAsyncTestingEventLoop()
    let broker: MemoryBroker
    let bus: ClusterBus
    let got = Got()

    init(_ exchange: MemoryExchange, _ messages: MemoryMessages, traits: BrokerTraits = BrokerTraits()) {
        broker = exchange.broker(traits)
        bus = ClusterBus(
            broker: broker, missed: messages, eventLoop: loop, clock: SystemClock(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        bus.receive { [got] in got.add($0) }
    }
}

final class Got: Sendable {
    private let values = Mutex<[ClusterPublication]>([])
    func add(_ publication: ClusterPublication) { values.withLock { $0.append(publication) } }
    var all: [ClusterPublication] { values.withLock { $0 } }
    var sequences: [Int64] { all.map(\.sequence).filter { $0 > 0 } }
}
