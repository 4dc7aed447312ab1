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

    /// Lets the loops' time go on until something has happened; it stands still while a read of the store is under way,
    /// however long a busy machine takes for it. Gives up after ten minutes, so that the expectation that follows fails.
    static func run(
        _ stations: [BusStation], step: TimeAmount = .milliseconds(1), until condition: () -> Bool
    ) async {
        let limit = ContinuousClock.now + .seconds(600)
        while !condition(), ContinuousClock.now < limit {
            for station in stations { await station.loop.advanceTime(by: station.isReading ? .zero : step) }
            await Task.yield()
        }
    }

    /// The node knows the others, has read what it wants to read, and has nothing left to take in.
    func isAtRest(with others: Int) -> Bool {
        !isReading && bus.mailbox.withLock { $0.inputs.isEmpty }
            && bus.core.withLock { core in
                core.peers.count == others && core.repairSince == nil && core.waiting.isEmpty && core.marks.isEmpty
            }
    }

    private var isReading: Bool {
        bus.core.withLock { core in
            core.readCount > 0 || core.refreshes.isReading || core.surveys.count > core.surveyRetries.count
        }
    }
}

final class Got: Sendable {
    private let values = Mutex<[ClusterPublication]>([])
    func add(_ publication: ClusterPublication) { values.withLock { $0.append(publication) } }
    var all: [ClusterPublication] { values.withLock { $0 } }
    var sequences: [Int64] { all.map(\.sequence).filter { $0 > 0 } }
}
