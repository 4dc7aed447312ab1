import Logging
import PluginAPI
import Testing

@testable import SocketIOBridgePlugin

@Suite("What becomes of others' broadcasts")
struct InboundRulesTests {
    private var rules = InboundRules()

    private func message(
        _ event: String, _ arguments: [JSONValue] = [], from publisher: String = "old", rooms: [String] = [],
        isLocal: Bool = false
    ) -> AdapterMessage {
        AdapterMessage(
            publisher: publisher,
            broadcast: SocketIOBroadcast(namespace: "/client", event: event, arguments: arguments, rooms: rooms),
            isLocal: isLocal)
    }

    @Test("events are handed on, but for those of our own nodes and those that were for one server's sockets")
    mutating func others() {
        let typing = message("agent:typing", [["is_typing": true]], rooms: ["conversation:c"])
        #expect(rules.step(typing) == .deliver(typing.broadcast))
        #expect(rules.step(typing) == .deliver(typing.broadcast))
        #expect(rules.step(message("agent:typing", from: "replyhq")) == .pass)
        #expect(rules.step(message("agent:typing", isLocal: true)) == .pass)
    }

    @Test("the shutdown of another server is no business of our clients", arguments: ["server:shutdown", "disconnect"])
    mutating func shutdown(_ event: String) {
        #expect(rules.step(message(event, [["reconnect_delay_ms": 5000]])) == .pass)
    }

    @Test("a new message is news of the store, once for each message, and once more when its app is known")
    mutating func messages() {
        let new: [JSONValue] = [["id": "m1", "conversation_id": "c"]]
        let conversation = message("message:new", new, rooms: ["conversation:c"])
        let app = message("message:new", new, rooms: ["conversation:c", "app:a"])
        #expect(rules.step(conversation) == .stored("c", nil))
        #expect(rules.step(conversation) == .pass)
        #expect(rules.step(app) == .stored("c", "a"))
        #expect(rules.step(app) == .pass)
        #expect(rules.step(message("message:new", [["id": "m2", "conversation_id": "c"]])) == .stored("c", nil))
        // Without an id each may be another.
        let nameless = message("message:new", [["conversation_id": "c"]])
        #expect(rules.step(nameless) == .stored("c", nil) && rules.step(nameless) == .stored("c", nil))
        #expect(rules.step(message("message:new", from: "replyhq")) == .pass)
    }

    @Test("what only looks like a message goes on as it is")
    mutating func lookalikes() {
        for arguments in [[], ["text"], [["id": "m"]], [["conversation_id": 7]]] as [[JSONValue]] {
            let odd = message("message:new", arguments)
            #expect(rules.step(odd) == .deliver(odd.broadcast))
        }
    }

    @Test("a short memory is enough: the oldest message is forgotten")
    mutating func memory() {
        func new(_ number: Int) -> AdapterMessage {
            message("message:new", [["id": .string("m\(number)"), "conversation_id": "c"]])
        }
        for number in 0...1_024 { #expect(rules.step(new(number)) == .stored("c", nil)) }
        #expect(rules.step(new(1_024)) == .pass && rules.step(new(1)) == .pass)
        #expect(rules.step(new(0)) == .stored("c", nil))
    }

    @Test("however much garbage there is, it is complained about once a minute, with how much there was")
    func complaints() {
        let (kept, clock) = (Lines.Kept(), ManualClock())
        let complaints = Complaints(logger: Logger(label: "test") { _ in Lines(kept) }, clock: clock)
        for _ in 0..<1_000 { complaints.warn("garbage", ["reason": "x"]) }
        #expect(kept.all.count == 1 && kept.all[0].contains("garbage") && kept.all[0].contains("warning"))
        clock.advance(by: .seconds(61))
        for _ in 0..<10 { complaints.warn("garbage", [:]) }
        #expect(kept.all.count == 2 && kept.all[1].contains("999"))
        clock.advance(by: .seconds(-600))
        complaints.warn("garbage", [:])
        #expect(kept.all.count == 3)
    }
}
