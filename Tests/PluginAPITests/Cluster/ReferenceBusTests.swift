import Dispatch
import NIOEmbedded
import Synchronization
import Testing

@testable import PluginAPI

@Suite("Nodes on a bus that carries references")
struct ReferenceBusTests {
    private static let traits = BrokerTraits(hasChannelPerTopic: false, carriesContent: false)
    private let exchange = MemoryExchange()
    private let messages = MemoryMessages()

    private func station() -> BusStation { BusStation(exchange, messages, traits: Self.traits) }

    private func pair() async -> (BusStation, BusStation) {
        let (a, b) = (station(), station())
        b.bus.looked(at: "c", of: "app", lastSequence: 0)
        b.bus.interest(in: .conversation("c"), exists: true)
        await BusStation.run([a, b]) { a.isAtRest(with: 1) && b.isAtRest(with: 1) }
        return (a, b)
    }

    @Test("a message is read from the store by the nodes with members, and only by those; each record travels once")
    func messagesAreRead() async {
        let (a, b) = await pair()
        let idle = station()
        await BusStation.run([idle]) { !idle.bus.isDegraded }
        #expect(b.broker.channels == ["nodes", "events"])
        a.bus.interest(in: .app("app"), exists: true)
        await BusStation.run([a, b, idle]) { [a, b, idle].allSatisfy { $0.isAtRest(with: 2) } }
        let (published, reads) = (a.broker.published.count, messages.readCount)
        a.bus.publish(messages.append("c"))
        await BusStation.run([a, b, idle]) { b.got.sequences == [1] && a.got.sequences == [1] }
        #expect(b.got.sequences == [1] && a.got.sequences == [1])
        #expect(messages.readCount == reads + 1 && idle.got.all.isEmpty)
        #expect(a.broker.published.dropFirst(published).count { $0.channel == "events" } == 1)
    }

    @Test("what is heard through the app alone is read, too")
    func agents() async {
        let (a, b) = (station(), station())
        b.bus.interest(in: .app("app"), exists: true)
        await BusStation.run([a, b]) { !b.bus.isDegraded }
        for _ in 0..<3 { a.bus.publish(messages.append("d")) }
        await BusStation.run([a, b]) { b.got.sequences.count == 3 }
        #expect(b.got.sequences == [1, 2, 3])
    }

    @Test("a receipt does not overtake the message that is being read")
    func receipts() async {
        let (a, b) = await pair()
        a.bus.publish(messages.append("c"))
        let receipt = MessageReceipt(message: "m", conversation: "c", app: "app", status: .read, updatedAt: .epoch)
        a.bus.publish(ClusterPublication(event: .messageStatusChanged(receipt), topics: [.conversation("c")]))
        await BusStation.run([a, b]) { b.got.all.count == 2 }
        #expect(b.got.all.map(\.sequence) == [1, 0])
    }

    @Test("a conversation that changed is read, once for several changes")
    func conversations() async {
        let (a, b) = await pair()
        // All of them come before the first is sent.
        let held = DispatchSemaphore(value: 0)
        a.loop.execute { held.wait() }
        for _ in 0..<50 {
            a.bus.publish(
                ClusterPublication(
                    event: .conversationUpdated(Samples.conversation("c")), topics: [.conversation("c"), .app("app")]))
        }
        held.signal()
        await BusStation.run([a, b]) { !b.got.all.isEmpty }
        guard case .conversationUpdated(let conversation) = b.got.all.first?.event else {
            Issue.record("not an update: \(b.got.all)")
            return
        }
        #expect(conversation.id == "c" && !conversation.metadata.isEmpty && b.got.all.count < 5)
    }

    @Test("what concerns every node reaches the others, and not the one that says it", arguments: [true, false])
    func everyNode(isPerTopic: Bool) async {
        let traits = BrokerTraits(hasChannelPerTopic: isPerTopic, carriesContent: isPerTopic)
        let (a, b) = (BusStation(exchange, messages, traits: traits), BusStation(exchange, messages, traits: traits))
        await BusStation.run([a, b]) { !a.bus.isDegraded && !b.bus.isDegraded }
        a.bus.publish(
            ClusterPublication(event: .conversationOpened(Samples.conversation(), isNew: true), topics: []))
        await BusStation.run([a, b]) { !b.got.all.isEmpty }
        #expect(a.got.all.isEmpty && b.got.all.count == 1 && b.got.all[0].topics.isEmpty)
    }

    @Test("a bus that closes returns when its last words were taken, so that the others repair nothing")
    func goodbye() async {
        let (a, b) = await pair()
        let done = Mutex(false)
        let closing = Task {
            await a.bus.close()
            done.withLock { $0 = true }
        }
        // The loop's time does not reach the bound.
        await BusStation.run([a, b], step: .nanoseconds(1)) { done.withLock { $0 } }
        await closing.value
        let reads = messages.readCount
        for _ in 0..<100 { await b.loop.advanceTime(by: .milliseconds(100)) }
        #expect(messages.readCount == reads && !b.bus.isDegraded)
    }

    @Test("without a broker closing does not wait")
    func goodbyeAlone() async {
        let (a, b) = await pair()
        a.broker.cut()
        await BusStation.run([a, b]) { a.bus.isDegraded }
        let done = Mutex(false)
        let closing = Task {
            await a.bus.close()
            done.withLock { $0 = true }
        }
        await BusStation.run([a], step: .nanoseconds(1)) { done.withLock { $0 } }
        #expect(done.withLock { $0 })
        await closing.value
    }
}
