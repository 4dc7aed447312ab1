import PluginAPI
import Testing

@testable import ChatPlugin

@Suite("Typing machine")
struct TypingMachineTests {
    private let user = Typing(conversation: "c", app: "a", side: .user("phone"), isTyping: true)
    private let agent = Typing(conversation: "c", app: "a", side: .agent, isTyping: true)

    private func machine(capacity: Int = 10) -> TypingMachine {
        TypingMachine(timeout: .seconds(6), capacity: capacity)
    }
    private func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(seconds) }
    private func ended(_ typing: Typing, _ connection: ConnectionID) -> TypingMachine.Change {
        var typing = typing
        typing.isTyping = false
        return TypingMachine.Change(typing: typing, connection: connection)
    }

    @Test("a start is reported once, refreshes are silent, the stop is reported once")
    func once() {
        var machine = machine()
        #expect(machine.start(user, by: "1", at: at(0)) == TypingMachine.Change(typing: user, connection: "1"))
        #expect(machine.start(user, by: "1", at: at(1)) == nil)
        #expect(machine.stop("c", by: "1") == ended(user, "1"))
        #expect(machine.stop("c", by: "1") == nil)
        #expect(machine.start(user, by: "1", at: at(2)) != nil)
    }

    @Test("typing ends by itself six seconds after the last refresh")
    func expiry() {
        var machine = machine()
        _ = machine.start(user, by: "1", at: at(0))
        _ = machine.start(agent, by: "2", at: at(2))
        _ = machine.start(user, by: "1", at: at(5))
        #expect(machine.nextEnd == at(8))
        #expect(machine.expire(at: at(7)).isEmpty)
        #expect(machine.expire(at: at(8)) == [ended(agent, "2")])
        #expect(machine.nextEnd == at(11))
        #expect(machine.expire(at: at(100)) == [ended(user, "1")])
        #expect(machine.nextEnd == nil)
        #expect(machine.count == 0)
    }

    @Test("a message ends the typing of its side in its conversation, on every connection, and nothing else")
    func message() {
        var machine = machine()
        let elsewhere = Typing(conversation: "d", app: "a", side: .agent, isTyping: true)
        _ = machine.start(user, by: "1", at: at(0))
        _ = machine.start(agent, by: "2", at: at(0))
        _ = machine.start(agent, by: "3", at: at(0))
        _ = machine.start(elsewhere, by: "2", at: at(0))
        #expect(machine.messageSent(by: .system, in: "c").isEmpty)
        #expect(machine.messageSent(by: .agent, in: "c") == [ended(agent, "2"), ended(agent, "3")])
        #expect(machine.messageSent(by: .agent, in: "c").isEmpty)
        #expect(machine.messageSent(by: .user, in: "c") == [ended(user, "1")])
        #expect(machine.count == 1)
    }

    @Test("one connection typing in two conversations is two typists")
    func twoConversations() {
        var machine = machine()
        let other = Typing(conversation: "d", app: "a", side: .agent, isTyping: true)
        #expect(machine.start(agent, by: "1", at: at(0)) != nil)
        #expect(machine.start(other, by: "1", at: at(0)) != nil)
        #expect(machine.stop("c", by: "1") == ended(agent, "1"))
        #expect(machine.stop("d", by: "1") == ended(other, "1"))
    }

    @Test("starts beyond the bound are not reported, refreshes within it are kept")
    func bound() {
        var machine = machine(capacity: 2)
        #expect(machine.start(user, by: "1", at: at(0)) != nil)
        #expect(machine.start(user, by: "2", at: at(0)) != nil)
        #expect(machine.start(user, by: "3", at: at(0)) == nil)
        _ = machine.start(user, by: "1", at: at(3))
        #expect(machine.count == 2)
        #expect(machine.stop("c", by: "3") == nil)
        #expect(machine.expire(at: at(6)) == [ended(user, "2")])
        #expect(machine.start(user, by: "3", at: at(6)) != nil)
    }
}
