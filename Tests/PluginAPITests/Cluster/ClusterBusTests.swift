import Glibc
import NIOEmbedded
import Synchronization
import Testing

@testable import PluginAPI

@Suite("Nodes on one bus")
struct ClusterBusTests {
    private let exchange = MemoryExchange()
    private let messages = MemoryMessages()

    private func run(_ stations: [BusStation], seconds: Int64 = 0) async {
        for _ in 0..<(seconds * 10 + 3) {
            for station in stations { await station.loop.advanceTime(by: .milliseconds(seconds == 0 ? 0 : 100)) }
        }
    }

    private func pair() async -> (BusStation, BusStation) {
        let (a, b) = (BusStation(exchange, messages), BusStation(exchange, messages))
        await run([a, b])
        b.bus.looked(at: "c", of: "app", lastSequence: 0)
        b.bus.interest(in: .conversation("c"), exists: true)
        await run([a, b])
        return (a, b)
    }

    @Test("an event reaches the members on another node, once, and its own node's members once")
    func travels() async {
        let (a, b) = await pair()
        a.bus.interest(in: .conversation("c"), exists: true)
        await run([a, b])
        a.bus.publish(messages.append("c"))
        b.bus.publish(messages.append("c"))
        await BusStation.run([a, b]) { a.got.sequences.count > 1 && b.got.sequences.count > 1 }
        await run([a, b])
        #expect(a.got.sequences == [1, 2] && b.got.sequences == [1, 2])
    }

    @Test("however long a bus works, the way to the members stays as short as it was")
    func depth() async {
        let (a, b) = await pair()
        struct Place: Hashable {
            var thread: pthread_t
            var address: UInt
        }
        let places = Mutex<[Place]>([])
        b.bus.receive { _ in
            var here = 0
            let address = withUnsafePointer(to: &here) { UInt(bitPattern: $0) }
            places.withLock { $0.append(Place(thread: pthread_self(), address: address)) }
        }
        for _ in 0..<500 {
            a.bus.publish(messages.append("c"))
            await run([a, b])
        }
        let used = places.withLock { $0 }
        #expect(used.count == 500)
        // On the stack of a thread, of which a busy machine has many: a longer way would end elsewhere each time.
        #expect(Set(used).count <= 2 * Set(used.map(\.thread)).count + 8)
    }

    @Test("nothing is subscribed to, or delivered, without members; members that leave end it")
    func interest() async {
        let (a, b) = await pair()
        #expect(a.broker.channels == ["nodes"] && b.broker.channels == ["nodes", "t:conversation:c"])
        a.bus.publish(messages.append("other"))
        await run([a, b])
        #expect(a.got.all.isEmpty && b.got.all.isEmpty)
        b.bus.interest(in: .conversation("c"), exists: true)
        b.bus.interest(in: .conversation("c"), exists: false)
        await run([b])
        #expect(b.broker.channels.contains("t:conversation:c"))
        b.bus.interest(in: .conversation("c"), exists: false)
        await run([b])
        #expect(b.broker.channels == ["nodes"])
    }

    @Test("who hears a conversation and its app gets an event once")
    func bothTopics() async {
        let (a, b) = await pair()
        b.bus.interest(in: .app("app"), exists: true)
        await run([a, b])
        let receipt = MessageReceipt(message: "m", conversation: "c", app: "app", status: .read, updatedAt: .epoch)
        a.bus.publish(
            ClusterPublication(event: .messageStatusChanged(receipt), topics: [.conversation("c"), .app("app")]))
        a.bus.publish(messages.append("c"))
        // The message was published last.
        await BusStation.run([a, b]) { !b.got.sequences.isEmpty }
        await run([a, b])
        #expect(b.got.all.count == 2)
    }

    @Test("while the broker is away members of the own node get everything; afterwards the others get what they missed")
    func outage() async {
        let (a, b) = await pair()
        a.bus.interest(in: .conversation("c"), exists: true)
        a.bus.publish(messages.append("c"))
        // What it missed before it came is read beside the loops, and goes first.
        await BusStation.run([a, b]) { a.got.sequences == [1] && b.got.sequences == [1] }
        // A read that is still under way would find what comes next.
        await BusStation.run([a, b]) { a.isAtRest(with: 1) && b.isAtRest(with: 1) }
        a.broker.cut()
        await run([a, b])
        #expect(a.bus.isDegraded && !b.bus.isDegraded)
        for _ in 0..<300 { a.bus.publish(messages.append("c")) }
        await run([a, b])
        #expect(a.got.sequences.count == 301 && b.got.sequences == [1])
        a.broker.mend()
        await BusStation.run([a, b]) { b.got.sequences.count == 301 }
        #expect(b.got.sequences == Array(1...301) && a.got.sequences == Array(1...301))
        #expect(!a.bus.isDegraded)
    }

    @Test("a node that was cut off itself reads what it missed, also of conversations it hears through their app")
    func receiverOutage() async {
        let (a, b) = await pair()
        b.bus.interest(in: .app("app"), exists: true)
        a.bus.publish(messages.append("c"))
        await BusStation.run([a, b]) { b.got.sequences == [1] }
        // The floor of the app is read beside the loops.
        await BusStation.run([a, b]) { b.isAtRest(with: 1) }
        b.broker.cut()
        for _ in 0..<5 { a.bus.publish(messages.append("d")) }
        for _ in 0..<5 { a.bus.publish(messages.append("c")) }
        await run([a, b])
        b.broker.mend()
        await BusStation.run([a, b]) { b.got.sequences.count == 11 }
        #expect(b.got.sequences.sorted() == Array(1...11))
        #expect(b.got.sequences.filter { $0 >= 2 && $0 <= 6 } == [2, 3, 4, 5, 6])
    }

    @Test("what was published between a look and the subscription is read")
    func joinDuringTraffic() async {
        let (a, b) = (BusStation(exchange, messages), BusStation(exchange, messages))
        await run([a, b])
        b.bus.looked(at: "c", of: "app", lastSequence: 0)
        await run([a, b])
        a.bus.publish(messages.append("c"))
        await run([a, b])
        b.bus.interest(in: .conversation("c"), exists: true)
        await BusStation.run([a, b]) { b.got.sequences == [1] }
        #expect(b.got.sequences == [1])
    }

    @Test("what was published past a bus before it began is read by the others")
    func published() async {
        let (a, b) = await pair()
        // Heartbeats that say all there is to say, before the bus is used.
        await run([a, b], seconds: 3)
        _ = messages.append("c")
        a.bus.begin()
        await run([a, b], seconds: 2)
        await BusStation.run([a, b]) { b.got.sequences == [1] }
        #expect(b.got.sequences == [1])
    }

    @Test("a closed bus delivers to the members of its own node")
    func closed() async {
        let (a, b) = await pair()
        b.bus.publish(messages.append("c"))
        let closing = Task { await b.bus.close() }
        await BusStation.run([a, b]) { b.broker.published.count > 2 }
        await closing.value
        b.bus.publish(messages.append("c"))
        #expect(b.got.sequences == [1, 2])
    }

    @Test("an agent gets what is stored while the store is being asked how far its app has come, once")
    func lookAtApp() async {
        let (a, b) = (BusStation(exchange, messages), BusStation(exchange, messages))
        await run([a, b])
        a.bus.publish(messages.append("c"))
        await run([a, b])
        messages.holdSurveys()
        async let look: Void = b.bus.look(at: "app")
        await BusStation.run([a, b]) { messages.heldSurveys == 1 }
        a.bus.publish(messages.append("c"))
        a.bus.publish(messages.append("d"))
        await run([a, b])
        messages.releaseSurveys()
        await look
        b.bus.interest(in: .app("app"), exists: true)
        a.bus.publish(messages.append("c"))
        await BusStation.run([a, b]) { b.got.sequences.count >= 3 && b.isAtRest(with: 1) }
        await run([a, b], seconds: 2)
        #expect(b.got.sequences.sorted() == [2, 3, 4])
        #expect(b.got.sequences.filter { $0 != 3 } == [2, 4])
    }

    @Test("those who look at an app meanwhile share one look that begins after they asked", .timeLimit(.minutes(10)))
    func sharedLooks() async {
        let station = BusStation(exchange, messages)
        messages.holdSurveys()
        let bus = station.bus
        let first = Task { await bus.look(at: "app") }
        await BusStation.run([station], step: .zero) { messages.heldSurveys == 1 }
        let others = (0..<20).map { _ in Task { await bus.look(at: "app") } }
        await BusStation.run([station], step: .zero) { bus.appLooks.withLock { $0.count(of: "app") } == 21 }
        #expect(messages.lookCount == 1)
        messages.releaseSurveys()
        for task in [first] + others { await task.value }
        #expect(messages.lookCount == 2 && bus.appLooks.withLock { $0.count(of: "app") } == 0)
    }

    @Test(
        "a look at an app is waited for two seconds; after that deliveries begin where the subscription finds the app",
        .timeLimit(.minutes(10)))
    func slowLook() async {
        let station = BusStation(exchange, messages)
        _ = messages.append("c")
        messages.holdSurveys()
        let bus = station.bus
        let look = Task { await bus.look(at: "app") }
        await BusStation.run([station], step: .zero) { messages.heldSurveys == 1 }
        await station.loop.advanceTime(by: ClusterBus.lookPatience)
        await look.value
        bus.interest(in: .app("app"), exists: true)
        await station.loop.advanceTime(by: .zero)
        #expect(bus.core.withLock { $0.cursors.floor(of: "app") } == nil)
        messages.releaseSurveys()
        await BusStation.run([station]) { bus.core.withLock { $0.cursors.floor(of: "app") } != nil }
        #expect(bus.core.withLock { $0.cursors.floor(of: "app") == 1 && $0.cursors.lookedAt("app") == nil })
    }

    @Test("a read that is cancelled is no failure of the store", arguments: [true, false])
    func cancelledLook(_ isCancelled: Bool) async {
        let station = BusStation(exchange, messages)
        messages.failLooks([isCancelled ? CancellationError() : ChatError(.unavailable, "away")])
        await station.bus.look(at: "app")
        #expect(station.bus.readsFail.load(ordering: .relaxed) != isCancelled)
    }
}
