import NIOEmbedded
import Synchronization
import Testing

@testable import PluginAPI

@Suite("What a hub tells a bus")
struct InterestTests {
    /// Notes what it is told, and hands publications back as a bus does.
    private final class Notes: Bus {
        struct State {
            var interest: [String] = []
            var publications: [ClusterPublication] = []
            var looks: [ConversationID] = []
            var beginnings = 0
            var receiver: (@Sendable (ClusterPublication) -> Void)?
        }
        let state = Mutex(State())
        var interest: [String] { state.withLock { $0.interest } }

        func publish(_ publication: ClusterPublication) { state.withLock { $0.publications.append(publication) } }
        func receive(_ receiver: @escaping @Sendable (ClusterPublication) -> Void) {
            state.withLock { $0.receiver = receiver }
        }
        func begin() { state.withLock { $0.beginnings += 1 } }
        func interest(in topic: Topic, exists: Bool) {
            state.withLock { $0.interest.append((exists ? "+" : "-") + topic.name) }
        }
        func looked(at conversation: ConversationID, of app: AppID, lastSequence: Int64?) {
            state.withLock { $0.looks.append(conversation) }
        }
    }

    private let bus = Notes()

    @Test("rooms that exist are told when the bus comes, then each that begins or ends, not each member")
    func rooms() throws {
        let bench = try RoomBench()
        let first = try bench.member("1", in: "a")
        bench.hub.use(bus)
        bench.tick()
        #expect(bus.interest == ["+a"])
        let second = try bench.member("2", in: "a", "b")
        bench.leave(first, "a")
        #expect(bus.interest == ["+a", "+b"])
        bench.leave(second, "a")
        try second.channel.close().wait()
        bench.tick()
        #expect(bus.interest == ["+a", "+b", "-a", "-b"])
        bench.hub.use(nil)
        bench.tick()
        bench.join(first, "c")
        #expect(bus.interest.count == 4)
    }

    @Test("with a bus the members here get what it hands back, when it does, without the one excepted")
    func delivery() throws {
        let bench = try RoomBench()
        let (first, second) = (try bench.member("1", in: "a"), try bench.member("2", in: "a"))
        bench.hub.use(bus)
        bench.tick()
        bench.publish("x", to: "a", except: "1")
        bench.tick()
        #expect(try first.writes().isEmpty && second.writes().isEmpty)
        let (receiver, publications) = bus.state.withLock { ($0.receiver, $0.publications) }
        for publication in publications { receiver?(publication) }
        bench.tick()
        #expect(try first.writes().isEmpty)
        #expect(try second.writes() == ["x"])
    }

    @Test("a bus that does not know the rooms yet gets nothing: the members here get it at once")
    func early() throws {
        let bench = try RoomBench()
        let member = try bench.member("1", in: "a")
        bench.hub.use(bus)
        bench.publish("x", to: "a")
        // What goes past it comes before it is told that it begins, so that the others compare.
        #expect(bus.state.withLock { $0.beginnings } == 0)
        bench.tick()
        #expect(try member.writes() == ["x"] && bus.state.withLock { $0.beginnings } == 1)
        #expect(bus.interest == ["+a"] && bus.state.withLock { $0.publications.isEmpty })
        bench.publish("y", to: "a")
        #expect(bus.state.withLock { $0.publications.count } == 1)
    }

    @Test("a bus that goes before all rooms were told is not used")
    func gone() throws {
        let bench = try RoomBench()
        let member = try bench.member("1", in: "a")
        bench.hub.use(bus)
        bench.hub.use(nil)
        bench.tick()
        bench.publish("x", to: "a")
        bench.tick()
        #expect(try member.writes() == ["x"] && bus.state.withLock { $0.publications.isEmpty })
    }

    @Test("an event without a topic stays on the node")
    func noTopic() throws {
        let bench = try RoomBench()
        bench.hub.use(bus)
        bench.tick()
        bench.publish("x")
        #expect(bus.state.withLock { $0.publications.isEmpty })
    }

    @Test("a look at a conversation is passed on")
    func looks() throws {
        let bench = try RoomBench()
        let head = ConversationHead(conversation: Samples.conversation("c"), lastMessageID: nil, lastSequence: 4)
        bench.hub.looked(at: head)
        bench.hub.use(bus)
        bench.hub.looked(at: head)
        #expect(bus.state.withLock { $0.looks } == ["c"])
    }
}
