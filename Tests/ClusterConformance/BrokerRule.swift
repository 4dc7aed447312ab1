import PluginAPI
import Testing

/// One rule that every broker keeps. A broker's tests run them all, each on brokers that share nothing with others:
/// ```swift
/// @Test("keeps the rule", arguments: BrokerRule.all)
/// func keeps(_ rule: BrokerRule) async throws { try await withTwoBrokers { try await rule.check($0, $1) } }
/// ```
public struct BrokerRule: Sendable, CustomTestStringConvertible {
    /// The rule in words.
    public let name: String
    private let body: @Sendable (BrokerEar, BrokerEar) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (BrokerEar, BrokerEar) async throws -> Void) {
        self.name = name
        self.body = body
    }

    public var testDescription: String { name }

    /// Checks the rule on the brokers of two nodes, to which nobody listens yet.
    public func check(_ one: any Broker, _ other: any Broker) async throws {
        let (one, other) = (BrokerEar(one), BrokerEar(other))
        try await one.connected()
        try await other.connected()
        try await body(one, other)
    }

    /// Every rule.
    public static let all = [order, bytes, repeats, unsubscribing, crossing, confirming, own]

    private static let order = BrokerRule("what one node publishes arrives at the other whole and in order") {
        one, other in
        try await other.subscribe("x")
        for start in stride(from: 0, to: 3_000, by: 10) {
            one.broker.publish(
                (start..<start + 10).map { BrokerMessage(channel: "x", body: ByteBuffer(string: "\($0)")) }
            ) { #expect($0) }
        }
        try await until("all arrive") { other.texts(on: "x").count >= 3_000 }
        #expect(other.texts(on: "x") == (0..<3_000).map { "\($0)" })
        #expect(one.texts(on: "x").isEmpty)
    }

    private static let bytes = BrokerRule("any bytes arrive as they were, few and many") { one, other in
        try await other.subscribe("bytes")
        var bodies = [ByteBuffer(), ByteBuffer(bytes: Array(0...255)), ByteBuffer(repeating: 13, count: 1_000_000)]
        // Around whatever bounds a broker has.
        bodies += (5_900...5_940).map { ByteBuffer(repeating: 7, count: $0) }
        #expect(await one.publish(bodies.map { BrokerMessage(channel: "bytes", body: $0) }))
        try await until("all arrive") { other.bodies(on: "bytes").count >= bodies.count }
        #expect(other.bodies(on: "bytes") == bodies)
    }

    private static let repeats = BrokerRule("what is said twice arrives twice") { one, other in
        try await other.subscribe("same")
        #expect(await one.publish(["a", "a", "a", "b", "a"], to: "same"))
        #expect(await one.publish(["a"], to: "same"))
        try await until("all arrive") { other.texts(on: "same").count >= 6 }
        #expect(other.texts(on: "same") == ["a", "a", "a", "b", "a", "a"])
    }

    private static let unsubscribing = BrokerRule("after an unsubscription nothing comes of that channel") {
        one, other in
        try await other.subscribe("a")
        try await other.subscribe("b")
        other.broker.unsubscribe(["a"])
        try await other.subscribe("c")
        #expect(await one.publish(["1"], to: "a"))
        #expect(await one.publish(["2"], to: "b"))
        try await until("the other arrives") { other.texts(on: "b") == ["2"] }
        #expect(other.texts(on: "a").isEmpty)
        try await other.subscribe("a")
        #expect(await one.publish(["3"], to: "a"))
        try await until("it comes again") { other.texts(on: "a") == ["3"] }
    }

    private static let crossing = BrokerRule("nodes that publish at the same time each keep their order") {
        one, other in
        for ear in [one, other] { try await ear.subscribe("busy") }
        await withTaskGroup(of: Void.self) { group in
            for (ear, name) in [(one, "one"), (other, "other")] {
                group.addTask { for number in 0..<300 { _ = await ear.publish(["\(name) \(number)"], to: "busy") } }
            }
        }
        for ear in [one, other] {
            try await until("all arrive") { ear.texts(on: "busy").count >= 600 }
            for name in ["one", "other"] {
                let own = ear.texts(on: "busy").filter { $0.hasPrefix("\(name) ") }
                #expect(own == (0..<300).map { "\(name) \($0)" })
            }
        }
    }

    private static let confirming = BrokerRule("what is published after a confirmation comes") { one, other in
        for number in 0..<50 {
            try await other.subscribe("late \(number)")
            #expect(await one.publish(["x"], to: "late \(number)"))
        }
        try await until("all come") { (0..<50).allSatisfy { other.texts(on: "late \($0)") == ["x"] } }
    }

    private static let own = BrokerRule("a node hears itself on channels that it subscribed to") { one, _ in
        try await one.subscribe("self")
        #expect(await one.publish(["x"], to: "self"))
        try await until("it comes") { one.texts(on: "self") == ["x"] }
    }
}
