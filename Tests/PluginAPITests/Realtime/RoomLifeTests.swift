import NIOEmbedded
import Testing

@testable import PluginAPI

@Suite("Rooms: limits, ends, and what is freed")
struct RoomLifeTests {
    @Test("typing is dropped for a slow reader, messages are not")
    func typingFirst() throws {
        let bench = try RoomBench()
        let slow = try bench.member("1", in: "a", limit: 1000)
        let quick = try bench.member("2", in: "a", limit: 1000)
        let backlog = String(repeating: ".", count: 600)
        bench.publish("w", to: "a")
        slow.send(backlog)
        bench.type("t", to: "a")
        bench.publish("x", to: "a")
        bench.tick()
        #expect(try slow.writes() == ["w" + backlog + "x"])
        #expect(try quick.writes() == ["wtx"])
        bench.type("t", to: "a")
        bench.tick()
        #expect(try slow.writes() == ["t"])
    }

    @Test("more than the limit gives the connection up once, and nothing follows the gap")
    func limit() throws {
        let bench = try RoomBench()
        let member = try bench.member("1", in: "a", limit: 1000)
        let other = try bench.member("2", in: "a", limit: 10_000)
        member.send(String(repeating: ".", count: 1001))
        member.connection.flush()
        #expect(member.failures == [.outboundLimit])
        member.send("after")
        member.connection.flush()
        bench.publish("x", to: "a")
        bench.tick()
        #expect(try member.writes().isEmpty)
        #expect(member.failures == [.outboundLimit] && !member.channel.isActive)
        #expect(try other.writes() == ["x"])
        #expect(bench.rooms.memberCount(of: Topic("a"), wire: bench.wire) == 1)
    }

    @Test("one that is given up while its room is walked does not disturb the others")
    func failureInWalk() throws {
        let bench = try RoomBench()
        let members = try (0..<5).map { try bench.member("\($0)", in: "a", limit: $0.isMultiple(of: 2) ? 100 : 10_000) }
        bench.publish(String(repeating: ".", count: 101), to: "a")
        bench.tick()
        for (index, member) in members.enumerated() {
            #expect(member.failures.count == (index.isMultiple(of: 2) ? 1 : 0))
            #expect(try member.writes().count == (index.isMultiple(of: 2) ? 0 : 1))
        }
        #expect(bench.rooms.memberCount(of: Topic("a"), wire: bench.wire) == 2)
    }

    @Test("what was sent before a close leaves with it, and nothing after")
    func close() throws {
        let bench = try RoomBench()
        let member = try bench.member("1", in: "a")
        bench.publish("x", to: "a")
        member.send("bye")
        member.channel.close(promise: nil)
        member.send("late")
        bench.publish("late", to: "a")
        bench.tick()
        #expect(try member.writes() == ["xbye"])
        #expect(bench.rooms.memberCount(of: Topic("a"), wire: bench.wire) == 0)
        #expect(!bench.rooms.hasMembers(of: bench.wire))
    }

    @Test("a closed connection is freed, also with bytes still waiting")
    func freed() throws {
        let bench = try RoomBench()
        weak var connection: RealtimeConnection?
        try {
            let member = try bench.member("1", in: "a", "b")
            connection = member.connection
            bench.publish("x", to: "a")
            member.send("y")
            #expect(connection != nil)
            member.channel.close(promise: nil)
        }()
        bench.tick()
        #expect(connection == nil)
    }

    @Test("joining twice is joining once, and the last one to leave takes the room along")
    func counts() throws {
        let bench = try RoomBench()
        let members = try (0..<3).map { try bench.member("\($0)", in: "a", "a", "b") }
        #expect(bench.rooms.memberCount(of: Topic("a"), wire: bench.wire) == 3)
        for member in members {
            bench.leave(member, "a")
            bench.leave(member, "a")
        }
        #expect(bench.rooms.memberCount(of: Topic("a"), wire: bench.wire) == 0)
        #expect(bench.rooms.hasMembers(of: bench.wire))
        for member in members { bench.rooms.leaveAll(member.connection) }
        #expect(!bench.rooms.hasMembers(of: bench.wire))
    }

    @Test("a wire that was taken back carries nothing more, and what was under way still arrives")
    func removedWire() throws {
        let bench = try RoomBench()
        let member = try bench.member("1", in: "a")
        bench.publish("x", to: "a")
        bench.hub.removeAll(owner: "Test")
        bench.publish("y", to: "a")
        bench.tick()
        #expect(try member.writes() == ["x"])
    }
}
