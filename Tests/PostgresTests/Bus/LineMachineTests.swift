import PluginAPI
import Synchronization
import Testing

@testable import PostgresPlugin

@Suite("PostgreSQL bus: the life of the line")
struct LineMachineTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private func machine(_ rules: LineRules = LineRules()) -> LineMachine { LineMachine(rules: rules, at: start) }

    /// What was done, in words; outcomes are recorded.
    private func words(_ machine: inout LineMachine) -> [String] {
        machine.takeEffects().map { effect in
            switch effect {
            case .connect: return "connect"
            case .drop: return "drop"
            case .askName: return "ask"
            case .listen(let channel, let proof): return "listen \(channel) \(proof)"
            case .notify(_, let payloads): return "notify \(payloads.joined(separator: ","))"
            case .end(let all, let isSent):
                for item in all { item.done(isSent) }
                return "end \(all.count) \(isSent)"
            case .tell(.up): return "up"
            case .tell(.down(let failure)): return "down \(failure)"
            case .tell(.notified(let payload, let sender)): return "came \(payload) of \(sender)"
            }
        }
    }

    private func ready(_ machine: inout LineMachine) {
        machine.advance(to: start, jitter: 0)
        machine.connected(at: start)
        machine.named("c", proof: "p", at: start)
        machine.synced(at: start)
        machine.synced(at: start)
        machine.notified("p", from: 1, at: start)
        _ = machine.takeEffects()
        #expect(machine.isReady)
    }

    private func item(_ payload: String, _ outcomes: Outcomes = Outcomes()) -> OutgoingNotification {
        OutgoingNotification(payloads: [payload]) { outcomes.add(payload, $0) }
    }

    private final class Outcomes: Sendable {
        private let all = Mutex<[String]>([])
        func add(_ name: String, _ isSent: Bool) { all.withLock { $0.append("\(name) \(isSent)") } }
        var list: [String] { all.withLock { $0 } }
    }

    @Test("it is up when LISTEN and a notification were acknowledged and the notification came back, in any order")
    func proof() {
        for hearsFirst in [true, false] {
            var machine = machine()
            machine.advance(to: start, jitter: 0)
            #expect(words(&machine) == ["connect"])
            machine.connected(at: start)
            #expect(words(&machine) == ["ask"])
            machine.named("c", proof: "p", at: start)
            #expect(words(&machine) == ["listen c p"])
            machine.notified("someone's", from: 2, at: start)
            if hearsFirst { machine.notified("p", from: 1, at: start) }
            machine.synced(at: start)
            #expect(!machine.isReady)
            machine.synced(at: start)
            #expect(machine.isReady == hearsFirst)
            if !hearsFirst { machine.notified("p", from: 1, at: start) }
            #expect(words(&machine) == ["up"])
        }
    }

    @Test("a connection over which nothing comes back is given up, and tried again")
    func deaf() {
        var machine = machine()
        machine.advance(to: start, jitter: 0)
        machine.connected(at: start)
        machine.named("c", proof: "p", at: start)
        machine.synced(at: start)
        machine.synced(at: start)
        _ = words(&machine)
        let late = start + .seconds(5)
        #expect(machine.wakeAt == late)
        machine.advance(to: late - .nanoseconds(1), jitter: 0)
        #expect(words(&machine).isEmpty)
        machine.advance(to: late, jitter: 0)
        let done = words(&machine)
        #expect(done.first == "drop" && done.last?.contains("does not come back") == true)
        machine.advance(to: late + .seconds(1), jitter: 0)
        #expect(words(&machine) == ["connect"])
    }

    @Test("one batch at a time is under way, and what gathers meanwhile is the next")
    func batches() {
        var machine = machine()
        ready(&machine)
        let outcomes = Outcomes()
        machine.notify(item("a", outcomes), at: start)
        machine.notify(item("b", outcomes), at: start)
        machine.advance(to: start, jitter: 0)
        #expect(words(&machine) == ["notify a,b"])
        machine.notify(item("c", outcomes), at: start)
        machine.notify(item("d", outcomes), at: start)
        machine.advance(to: start, jitter: 0)
        #expect(words(&machine).isEmpty)
        machine.synced(at: start)
        #expect(words(&machine) == ["end 2 true", "notify c,d"])
        machine.synced(at: start)
        #expect(words(&machine) == ["end 2 true"])
        #expect(outcomes.list == ["a true", "b true", "c true", "d true"] && machine.isIdle)
    }

    @Test("a batch is bounded; one that is larger than the bound goes alone")
    func bounds() {
        var machine = machine(LineRules(messageLimit: 3, byteLimit: 1_000, batchLimit: 2))
        ready(&machine)
        let outcomes = Outcomes()
        machine.notify(OutgoingNotification(payloads: ["1", "2", "3"]) { outcomes.add("large", $0) }, at: start)
        machine.notify(item("a", outcomes), at: start)
        machine.notify(item("b", outcomes), at: start)
        machine.notify(item("refused", outcomes), at: start)
        machine.advance(to: start, jitter: 0)
        #expect(words(&machine) == ["end 1 false", "notify 1,2,3"])
        machine.synced(at: start)
        #expect(words(&machine) == ["end 1 true", "notify a,b"])
        machine.notify(item(String(repeating: "x", count: 1_001), outcomes), at: start)
        #expect(words(&machine) == ["end 1 false"])
        #expect(outcomes.list.prefix(2) == ["refused false", "large true"])
    }

    @Test("a batch that the server refuses is reported as not sent, and the line is down in the server's words")
    func refusal() {
        var machine = machine()
        ready(&machine)
        let outcomes = Outcomes()
        machine.notify(item("a", outcomes), at: start)
        machine.advance(to: start, jitter: 0)
        machine.refused(PostgresFailure(state: SQLState("54000"), message: "queue is full"), at: start, jitter: 0)
        #expect(words(&machine) == ["notify a", "drop", "end 1 false", "down queue is full (SQLSTATE 54000)"])
        #expect(outcomes.list == ["a false"])
        // The proof is refused for the same reason, and is no news; another one is.
        for state in ["54000", "42501", "42501"] {
            machine.advance(to: start + .hours(1), jitter: 0)
            machine.connected(at: start)
            machine.named("c", proof: "p", at: start)
            machine.refused(PostgresFailure(state: SQLState(state), message: "no"), at: start, jitter: 0)
        }
        #expect(words(&machine).filter { $0.hasPrefix("down") } == ["down no (SQLSTATE 42501)"])
    }

    @Test("what was sent and acknowledged and does not come back ends the line, and names what to set")
    func deafLater() {
        var machine = machine()
        ready(&machine)
        for payload in ["a", "b"] {
            machine.notify(item(payload), at: start)
            machine.advance(to: start, jitter: 0)
            machine.synced(at: start)
        }
        machine.notified("b", from: 1, at: start)
        #expect(machine.wakeAt == start + .seconds(5))
        machine.advance(to: start + .seconds(5), jitter: 0)
        let done = words(&machine)
        #expect(!machine.isReady && done.last?.contains("does not come back") == true)
        #expect(done.last?.contains("listen_url") == true)
    }

    @Test("as long as one of them comes back, nothing is waited for")
    func hears() {
        var machine = machine()
        ready(&machine)
        machine.notify(item("a"), at: start)
        machine.advance(to: start, jitter: 0)
        machine.notified("a", from: 1, at: start)
        machine.synced(at: start)
        #expect(machine.wakeAt == nil && machine.isReady)
    }

    @Test("with the connection everything under way ends as not sent, each once; without one nothing waits")
    func loss() {
        var machine = machine()
        ready(&machine)
        let outcomes = Outcomes()
        machine.notify(item("a", outcomes), at: start)
        machine.advance(to: start, jitter: 0)
        machine.notify(item("b", outcomes), at: start)
        machine.lose(PostgresFailure(kind: .connection, message: "cut"), start, 0)
        machine.notify(item("c", outcomes), at: start)
        machine.lose(PostgresFailure(kind: .connection, message: "again"), start, 0)
        #expect(words(&machine) == ["notify a", "drop", "end 2 false", "down cut", "end 1 false"])
        #expect(outcomes.list == ["a false", "b false", "c false"])
    }

    @Test("a server that owes an answer for too long is given up; one that owes nothing is not")
    func silence() {
        var machine = machine()
        ready(&machine)
        #expect(machine.wakeAt == nil)
        machine.advance(to: start + .hours(1), jitter: 0)
        #expect(machine.isReady)
        machine.notify(item("a"), at: start + .hours(1))
        machine.advance(to: start + .hours(1), jitter: 0)
        machine.advance(to: start + .hours(1) + .seconds(5), jitter: 0)
        #expect(!machine.isReady)
        #expect(words(&machine).last?.hasPrefix("down the server did not answer") == true)
    }

    @Test("attempts that fail are told once, and come ever more seldom up to a bound")
    func backoff() {
        var machine = machine()
        var now = start
        var waits: [TimeAmount] = []
        var told = 0
        for _ in 0..<12 {
            machine.advance(to: now, jitter: 1)
            #expect(machine.link == .connecting)
            machine.connectFailed(PostgresFailure(kind: .connection, message: "refused"), at: now, jitter: 1)
            told += words(&machine).count { $0.hasPrefix("down") }
            guard let next = machine.wakeAt else {
                Issue.record("it does not try again")
                return
            }
            waits.append(next - now)
            now = next
        }
        #expect(told == 1)
        #expect(waits.first == .milliseconds(100) && waits.last == .seconds(5) && waits == waits.sorted())
    }

    @Test("once closed, nothing is taken, and a connection that comes late is let go")
    func closing() {
        var machine = machine()
        machine.advance(to: start, jitter: 0)
        machine.close()
        _ = words(&machine)
        machine.connected(at: start)
        machine.notify(item("a"), at: start)
        machine.advance(to: start + .hours(1), jitter: 0)
        #expect(words(&machine) == ["drop", "end 1 false"])
        #expect(machine.wakeAt == nil)
    }
}
