import NIOEmbedded
import Testing

@testable import PluginAPI

/// A server that is no node writes into the same store, and says so.
@Suite("Messages that others than the nodes stored")
struct StoredElsewhereTests {
    private let exchange = MemoryExchange()
    private let messages = MemoryMessages()

    private func member(of conversation: ConversationID) async -> BusStation {
        let station = BusStation(exchange, messages)
        station.bus.looked(at: conversation, of: "app", lastSequence: 0)
        station.bus.interest(in: .conversation(conversation), exists: true)
        let before = messages.readCount
        await BusStation.run([station]) { messages.readCount > before && !station.bus.isDegraded }
        return station
    }

    @Test("members get it from the store at once, and it is no gap before the next message")
    func once() async {
        let (here, there) = (await member(of: "c"), await member(of: "c"))
        _ = messages.append("c")
        for bus in [here.bus, there.bus] {
            bus.storedElsewhere(in: "c", of: nil)
            bus.storedElsewhere(in: "c", of: "app")
        }
        await BusStation.run([here, there]) { here.got.sequences == [1] && there.got.sequences == [1] }
        #expect(here.got.sequences == [1] && there.got.sequences == [1])
        let reads = messages.readCount
        here.bus.publish(messages.append("c"))
        await BusStation.run([here, there]) { here.got.sequences.count == 2 && there.got.sequences.count == 2 }
        #expect(here.got.sequences == [1, 2] && there.got.sequences == [1, 2])
        // Nothing was missing that had to be looked for.
        #expect(messages.readCount <= reads + 2)
    }

    @Test("agents get it through their app, also from a conversation of which nothing came before")
    func agents() async {
        let station = BusStation(exchange, messages)
        _ = messages.append("old")
        station.bus.interest(in: .app("app"), exists: true)
        await BusStation.run([station]) { station.bus.floorIsKnown(of: "app") }
        _ = messages.append("c")
        _ = messages.append("c")
        station.bus.storedElsewhere(in: "c", of: "app")
        await BusStation.run([station]) { station.got.sequences.count == 2 }
        #expect(station.got.sequences == [2, 3])
        #expect(station.got.all.allSatisfy { $0.topics == [.conversation("c"), .app("app")] })
        // A node whose members are elsewhere reads nothing.
        let reads = messages.readCount
        station.bus.storedElsewhere(in: "unknown", of: nil)
        station.bus.storedElsewhere(in: "unknown", of: "other")
        station.bus.publish(messages.append("c"))
        await BusStation.run([station]) { station.got.sequences.count == 3 }
        #expect(station.got.sequences == [2, 3, 4] && messages.readCount == reads)
    }

    @Test("what was stored while nobody said so is found when that is known")
    func missed() async {
        let station = await member(of: "c")
        _ = messages.append("c")
        station.bus.missedElsewhere(since: station.loop.now)
        await BusStation.run([station]) { station.got.sequences == [1] }
        #expect(station.got.sequences == [1])
    }
}

extension ClusterBus {
    fileprivate func floorIsKnown(of app: AppID) -> Bool { core.withLock { $0.cursors.floor(of: app) != nil } }
}
