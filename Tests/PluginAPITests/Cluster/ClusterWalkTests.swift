import NIOCore
import Testing

@testable import PluginAPI

/// Random walks against the model "each member sees each message exactly once, in order".
@Suite("Nodes over a bad broker")
struct ClusterWalkTests {
    private static let conversations: [ConversationID] = ["a", "b", "c", "d", "e"]

    @Test(
        "whatever is lost, repeated or overtaken, members miss nothing, get nothing twice, and all in order",
        arguments: 0..<60 as Range<UInt64>)
    func walk(seed: UInt64) {
        Self.walk(seed, BrokerTraits())
    }

    @Test("the same where messages travel as references on one channel", arguments: 0..<60 as Range<UInt64>)
    func walkOfReferences(seed: UInt64) {
        Self.walk(seed, BrokerTraits(hasChannelPerTopic: false, carriesContent: false))
    }

    private static func walk(_ seed: UInt64, _ traits: BrokerTraits, agentsComeLate: Bool = false) {
        var world = ClusterWorld(seed: seed &* 77 &+ 5, nodes: 3, traits: traits)
        world.loss = [0, 5, 40][Int(seed % 3)]
        world.repeats = 10
        world.failures = seed % 2 == 0 ? 0 : 20
        // Agents listen on one node from the beginning, or on any that they come to.
        if !agentsComeLate { Self.watch(&world, 0) }
        for _ in 0..<1_500 {
            Self.step(&world)
            if agentsComeLate, world.dice.percent(1) {
                world.listen(to: Self.conversations, at: Int.random(in: world.stations.indices, using: &world.dice))
            }
        }
        Self.heal(&world)
        for index in world.stations.indices where world.stations[index].isAlive {
            for conversation in Self.conversations { world.check(conversation, at: index, isComplete: true) }
        }
        #expect(world.problems.isEmpty, "seed \(seed): \(world.problems.prefix(3))")
        #expect(world.nextSequence > 50)
    }

    @Test("agents who come while all this goes on get everything from their look at the app on", arguments: 0..<60)
    func walkOfAgents(seed: UInt64) {
        for traits in [BrokerTraits(), BrokerTraits(hasChannelPerTopic: false, carriesContent: false)] {
            Self.walk(seed &+ 1_000, traits, agentsComeLate: true)
        }
    }

    private static func watch(_ world: inout ClusterWorld, _ index: Int) {
        world.work(index) { core, now in core.interest(in: .app("app"), exists: true, at: now) }
        let failures = exchange(&world.failures, with: 0)
        while !world.pending.isEmpty { world.answer() }
        world.failures = failures
        for conversation in conversations {
            world.stations[index].heard[conversation] = []
            world.stations[index].expectedFrom[conversation] = 0
        }
    }

    private static func step(_ world: inout ClusterWorld) {
        let index = Int.random(in: world.stations.indices, using: &world.dice)
        let conversation = conversations.randomElement(using: &world.dice) ?? "a"
        switch Int.random(in: 0..<100, using: &world.dice) {
        case 0..<11: if world.stations[index].isAlive { world.commit(conversation, at: index) }
        case 11..<14: if world.stations[index].isAlive { world.begin(conversation, at: index) }
        case 14: world.commit(conversation)
        case 15: world.touch(conversation, at: world.wall)
        case 16..<36: world.publishCommit(index)
        case 36..<62: world.receive(index)
        case 62..<74: world.answer()
        case 74..<80: world.join(conversation, at: index)
        case 80..<83: world.leave(conversation, at: index)
        case 83..<85: world.disconnect(index)
        case 85..<90: world.connect(index)
        case 90: if world.stations.count < 5 { world.addStation() }
        case 91: if index > 0, world.stations.count > 3, world.dice.percent(20) { world.kill(index) }
        default: pass(.milliseconds(Int64.random(in: 1...900, using: &world.dice)), &world)
        }
    }

    private static func pass(_ time: TimeAmount, _ world: inout ClusterWorld) {
        // A transaction that lasts longer than a look reaches back is beyond what is promised.
        for conversation in conversations { world.commit(conversation) }
        world.now = world.now + time
        for index in world.stations.indices { world.work(index) }
    }

    /// The broker works again, and everybody gets the time that repair may take.
    private static func heal(_ world: inout ClusterWorld) {
        world.loss = 0
        world.failures = 0
        for index in world.stations.indices { world.connect(index) }
        for _ in 0..<200 {
            pass(.milliseconds(100), &world)
            for index in world.stations.indices {
                while !world.stations[index].commits.isEmpty { world.publishCommit(index) }
                while !world.stations[index].inbound.isEmpty { world.receive(index) }
            }
            while !world.pending.isEmpty { world.answer() }
        }
    }
}
