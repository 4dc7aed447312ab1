import PluginAPI
import Testing

@testable import RedisPlugin

@Suite("Redis connection: its life")
struct LinkMachineTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private let welcome = RESPValue.array(
        ["server", "redis", "mode", "standalone", "role", "master"].map { .bulk(ByteBuffer(string: $0)) })
    private let broken = RedisFailure(.connection, "broken")

    private func machine(_ greeting: [GreetingStep] = [.hello]) -> LinkMachine {
        LinkMachine(rules: LinkRules(silence: .seconds(4), greeting: greeting), now: start)
    }

    /// A machine whose connection is ready at `start`.
    private func ready() -> LinkMachine {
        var machine = machine()
        machine.advanced(to: start, jitter: 0)
        machine.connected(now: start)
        machine.answered(welcome, now: start, jitter: 0)
        #expect(machine.takeEffects() == [.connect, .greet(.hello), .becameReady])
        return machine
    }

    private func reconnect(_ machine: inout LinkMachine, at time: NIODeadline) {
        machine.advanced(to: time, jitter: 1)
        machine.connected(now: time)
        machine.answered(welcome, now: time, jitter: 1)
        #expect(machine.isReady)
    }

    @Test("the first attempt is made at once, and the greeting goes step by step")
    func greeting() {
        let authenticate = GreetingStep.authenticate(username: "me", password: Secret("s3cret"))
        var machine = machine([authenticate, .hello, .select(database: 3)])
        #expect(machine.wakeAt == start)
        machine.advanced(to: start, jitter: 0.5)
        #expect(machine.takeEffects() == [.connect])
        machine.connected(now: start)
        #expect(machine.takeEffects() == [.greet(authenticate)])
        machine.answered(.status("OK"), now: start, jitter: 0.5)
        #expect(machine.takeEffects() == [.greet(.hello)])
        machine.answered(welcome, now: start, jitter: 0.5)
        #expect(machine.takeEffects() == [.greet(.select(database: 3))])
        #expect(!machine.isReady)
        machine.answered(.status("OK"), now: start, jitter: 0.5)
        #expect(machine.takeEffects() == [.becameReady] && machine.isReady)
    }

    @Test(
        "a server that is not a master of its own is refused",
        arguments: [
            (["mode", "cluster", "role", "master"], "Cluster"), (["mode", "sentinel", "role", "sentinel"], "Sentinel"),
            (["mode", "standalone", "role", "replica"], "master"), (["mode", "standalone"], "role"),
        ])
    func refused(facts: [String], word: String) {
        var machine = machine()
        machine.advanced(to: start, jitter: 0)
        machine.connected(now: start)
        _ = machine.takeEffects()
        machine.answered(.array(facts.map { .bulk(ByteBuffer(string: $0)) }), now: start, jitter: 0.5)
        let effects = machine.takeEffects()
        #expect(effects.count == 2 && effects.first == .drop)
        guard case .failed(let failure) = effects.last else { return #expect(Bool(false), "\(effects)") }
        #expect(failure.description.contains(word))
    }

    @Test("an attempt may not take longer than its time, wherever it stands")
    func connectTimeout() {
        for isConnected in [false, true] {
            var machine = machine()
            machine.advanced(to: start, jitter: 0)
            if isConnected { machine.connected(now: start + .seconds(2)) }
            _ = machine.takeEffects()
            #expect(machine.wakeAt == start + .seconds(3))
            machine.advanced(to: start + .seconds(3), jitter: 0.5)
            guard case .failed(let failure) = machine.takeEffects().last else { return #expect(Bool(false)) }
            #expect(failure.kind == .timeout)
        }
    }

    @Test("waits double up to their bound, are spread from nothing to it, and are never nothing")
    func backoff() {
        let rules = LinkRules()
        #expect(
            (1...8).map { rules.backoff(after: $0, jitter: 1) } == [
                .milliseconds(100), .milliseconds(200), .milliseconds(400), .milliseconds(800), .milliseconds(1_600),
                .milliseconds(3_200), .seconds(5), .seconds(5),
            ])
        #expect(rules.backoff(after: 5, jitter: 0.25) == .milliseconds(400))
        #expect(rules.backoff(after: 5, jitter: 0) == .milliseconds(10))
        #expect(rules.backoff(after: .max, jitter: 1) == .seconds(5))
    }

    @Test("only a connection that held makes the next failure a first one")
    func failures() {
        var machine = ready()
        machine.broke(broken, now: start + .seconds(1), jitter: 1)
        #expect(machine.failures == 1 && machine.takeEffects() == [.drop, .lost(broken)])
        for count in 2...5 {
            let time = start + .seconds(Int64(count) * 100)
            reconnect(&machine, at: time)
            machine.broke(broken, now: time + .seconds(1), jitter: 1)
            #expect(machine.failures == count)
        }
        reconnect(&machine, at: start + .seconds(1_000))
        machine.broke(broken, now: start + .seconds(1_006), jitter: 1)
        #expect(machine.failures == 1)
    }

    @Test("silence is broken by a question, and a question without an answer ends the connection within the bound")
    func silence() {
        var machine = ready()
        #expect(machine.wakeAt == start + .seconds(2))
        machine.heard(now: start + .seconds(1))
        machine.advanced(to: start + .seconds(2), jitter: 0)
        #expect(machine.takeEffects().isEmpty)
        machine.advanced(to: start + .seconds(3), jitter: 0)
        #expect(machine.takeEffects() == [.ping])
        machine.heard(now: start + .seconds(4))
        machine.advanced(to: start + .seconds(6), jitter: 0)
        #expect(machine.takeEffects() == [.ping])
        machine.advanced(to: start + .seconds(8), jitter: 0)
        guard case .lost(let failure) = machine.takeEffects().last else { return #expect(Bool(false)) }
        #expect(failure.kind == .timeout)
    }

    @Test("what is closed stays closed, and who was ready hears of it once")
    func closing() {
        var machine = ready()
        machine.close()
        #expect(machine.takeEffects() == [.drop, .lost(.closed)] && machine.wakeAt == nil)
        machine.close()
        machine.broke(broken, now: start, jitter: 0)
        machine.advanced(to: start + .hours(1), jitter: 0)
        machine.connected(now: start + .hours(1))
        #expect(machine.takeEffects().isEmpty)
    }

    @Test("a password is in no description")
    func secrets() {
        let step = GreetingStep.authenticate(username: nil, password: Secret("hunter2"))
        #expect(!"\(step) \(LinkMachine.Effect.greet(step)) \(LinkRules(greeting: [step]))".contains("hunter2"))
        #expect(step.command == RedisCommand("AUTH", "hunter2"))
    }
}
