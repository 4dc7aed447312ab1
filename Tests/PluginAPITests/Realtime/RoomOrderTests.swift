import NIOCore
import Testing

@testable import PluginAPI

@Suite("Rooms: what reaches whom, and in what order")
struct RoomOrderTests {
    @Test("what is published within one tick leaves in one write to each member, in order")
    func oneWrite() throws {
        let bench = try RoomBench()
        let members = [try bench.member("1", in: "a"), try bench.member("2", in: "a")]
        for text in ["x", "y", "z"] { bench.publish(text, to: "a") }
        for member in members { #expect(try member.writes().isEmpty) }
        bench.tick()
        for member in members { #expect(try member.writes() == ["xyz"]) }
        bench.publish("w", to: "a")
        bench.tick()
        for member in members { #expect(try member.writes() == ["w"]) }
    }

    @Test("a connection's own bytes follow what was published before and precede what is published after")
    func ownBytes() throws {
        let bench = try RoomBench()
        let (solo, other) = (try bench.member("1", in: "a"), try bench.member("2", in: "a"))
        let shared = try bench.member("3", in: "a", "b")
        solo.send("0")
        bench.publish("x", to: "a")
        solo.send("1")
        shared.send("1")
        bench.publish("y", to: "a")
        bench.publish("z", to: "a")
        solo.send("2")
        bench.tick()
        #expect(try solo.writes() == ["0x1yz2"])
        #expect(try shared.writes() == ["x1yz"])
        #expect(try other.writes() == ["xyz"])
    }

    @Test("a frame that not everybody gets keeps its place between those that everybody gets")
    func exclusion() throws {
        let bench = try RoomBench()
        let (one, two) = (try bench.member("1", in: "a"), try bench.member("2", in: "a"))
        let agent = try bench.member("3", in: "a", "b")
        bench.publish("x", to: "a")
        bench.publish("y", to: "a", except: "1")
        bench.type("t", to: "a", except: "2")
        bench.publish("z", to: "a")
        bench.tick()
        #expect(try one.writes() == ["xtz"])
        #expect(try two.writes() == ["xyz"])
        #expect(try agent.writes() == ["xytz"])
    }

    @Test("a finished frame reaches each member of its rooms once, in its place, and nobody in a room that is excepted")
    func frames() throws {
        let bench = try RoomBench()
        let both = try bench.member("1", in: "a", "b")
        let (left, right) = (try bench.member("2", in: "a"), try bench.member("3", in: "b"))
        let excepted = try bench.member("4", in: "a", "x")
        bench.publish("x", to: "a", "b")
        bench.hub.deliver(
            ByteBuffer(string: "1"), on: bench.wire, to: [Topic("a"), Topic("b"), Topic("none")],
            exceptTopics: [Topic("x"), Topic("y")])
        bench.hub.deliver(ByteBuffer(string: "2"), on: bench.wire, to: [Topic("b"), Topic("b")])
        bench.publish("y", to: "a")
        bench.tick()
        #expect(try both.writes() == ["x12y"])
        #expect(try left.writes() == ["x1y"])
        #expect(try right.writes() == ["x12"])
        #expect(try excepted.writes() == ["xy"])
        #expect(bench.rooms.isMember(excepted.connection, ofAny: [Topic("x")], wire: bench.wire))
        #expect(!bench.rooms.isMember(both.connection, ofAny: [Topic("x")], wire: bench.wire))
    }

    @Test(
        "who relays hears what is published here with its topics, and neither what came from elsewhere nor what has none"
    )
    func relays() throws {
        let bench = try RoomBench()
        let heard = Got()
        bench.hub.relay({ heard.add($0) }, owner: "Relay")
        bench.publish("1", to: "a", "b")
        bench.hub.deliver(.text("2"), to: [Topic("a")])
        bench.hub.publish(.text("3"), to: [])
        #expect(heard.all.map(\.topics) == [[Topic("a"), Topic("b")]])
        bench.hub.removeAll(owner: "Relay")
        bench.publish("4", to: "a")
        #expect(heard.all.count == 1)
    }

    @Test("an event for two rooms reaches a member of both once, and one named twice once too")
    func onceThroughTwoRooms() throws {
        let bench = try RoomBench()
        let both = try bench.member("1", in: "a", "b")
        let (left, right) = (try bench.member("2", in: "a"), try bench.member("3", in: "b"))
        bench.publish("x", to: "a", "b")
        bench.publish("y", to: "b", "a")
        bench.publish("z", to: "a", "a")
        bench.type("t", to: "a", "b", "a")
        bench.tick()
        #expect(try both.writes() == ["xyzt"])
        #expect(try left.writes() == ["xyzt"])
        #expect(try right.writes() == ["xyt"])
    }

    @Test("a connection that is a member of two wires gets each wire's frame")
    func twoWires() throws {
        let bench = try RoomBench()
        let second = bench.hub.add(PlainFormat(prefix: "-"), owner: "Second")
        let member = try bench.member("1", in: "a", "b")
        bench.rooms.join(member.connection, topic: Topic("a"), wire: second)
        bench.rooms.join(member.connection, topic: Topic("b"), wire: second)
        bench.publish("x", to: "a", "b")
        bench.tick()
        #expect(try member.writes() == ["x-x"])
    }

    @Test("whoever joins in the middle of a tick gets what comes after, not what came before")
    func joinInMidTick() throws {
        let bench = try RoomBench()
        let early = try bench.member("1", in: "a")
        bench.publish("x", to: "a")
        early.send("!")
        let late = try bench.member("2", in: "a")
        bench.publish("y", to: "a")
        bench.tick()
        #expect(try early.writes() == ["x!y"])
        #expect(try late.writes() == ["y"])
    }

    @Test("whoever leaves still gets what was published before, and nothing after")
    func leave() throws {
        let bench = try RoomBench()
        let stays = try bench.member("1", in: "a")
        let (solo, agent) = (try bench.member("2", in: "a"), try bench.member("3", in: "a", "b"))
        bench.publish("x", to: "a")
        bench.leave(solo, "a")
        bench.leave(agent, "a")
        bench.publish("y", to: "a")
        bench.publish("z", to: "b")
        bench.tick()
        #expect(try solo.writes() == ["x"])
        #expect(try agent.writes() == ["xz"])
        #expect(try stays.writes() == ["xy"])
    }

    @Test("going from one room to two and back within a tick loses, doubles and reorders nothing")
    func solitude() throws {
        let bench = try RoomBench()
        let other = try bench.member("1", in: "a")
        let member = try bench.member("2", in: "a")
        bench.publish("1", to: "a")
        member.send("!")
        bench.join(member, "b")
        bench.publish("2", to: "a", "b")
        bench.leave(member, "a")
        bench.publish("3", to: "a", "b")
        bench.join(member, "a")
        bench.publish("4", to: "b")
        bench.leave(member, "b")
        bench.publish("5", to: "a")
        bench.tick()
        #expect(try member.writes().joined() == "1!2345")
        #expect(try other.writes() == ["1235"])
    }

    @Test("random joins, leaves and publications agree with a model that keeps a list for each connection")
    func model() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let bench = try RoomBench()
            let topics = ["a", "b", "c"]
            let members = try (0..<4).map { try bench.member("\($0)") }
            var rooms = [Set<String>](repeating: [], count: members.count)
            var expected = [String](repeating: "", count: members.count)
            var steps: [String] = []
            for number in 0..<60 {
                let index = Int.random(in: members.indices, using: &random)
                let topic = topics.randomElement(using: &random) ?? "a"
                let text = "<\(number)>"
                switch Int.random(in: 0..<8, using: &random) {
                case 0, 1:
                    // What waits in the mailbox is delivered first, so that the model knows who was there.
                    bench.rooms.deliverPublished()
                    bench.join(members[index], topic)
                    rooms[index].insert(topic)
                    steps.append("\(index) joins \(topic)")
                case 2:
                    bench.leave(members[index], topic)
                    rooms[index].remove(topic)
                    steps.append("\(index) leaves \(topic)")
                case 3:
                    members[index].send(text)
                    expected[index] += text
                    steps.append("\(index) gets \(text)")
                case 4:
                    bench.tick()
                    steps.append("tick")
                case 5:
                    bench.publish(text, to: topic, except: "\(index)")
                    for other in members.indices where other != index && rooms[other].contains(topic) {
                        expected[other] += text
                    }
                    steps.append("\(topic) gets \(text) but for \(index)")
                default:
                    let second = topics.randomElement(using: &random) ?? "b"
                    bench.publish(text, to: topic, second)
                    for other in members.indices where !rooms[other].isDisjoint(with: [topic, second]) {
                        expected[other] += text
                    }
                    steps.append("\(topic) and \(second) get \(text)")
                }
            }
            bench.tick()
            for (index, member) in members.enumerated() {
                #expect(try member.writes().joined() == expected[index], "\(index): \(steps.joined(separator: ", "))")
            }
        }
    }
}
