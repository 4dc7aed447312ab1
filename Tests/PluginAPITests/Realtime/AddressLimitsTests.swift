import Testing

@testable import PluginAPI

@Suite("What one address may do")
struct AddressLimitsTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func limits(connections: Int = 0, attempts: Int? = nil, refusals: Int? = nil) -> AddressLimits {
        AddressLimits(
            AddressLimits.Rules(
                connections: connections,
                attempts: attempts.map { TokenBucket.Rules(capacity: $0, refillPerSecond: 1) },
                refusals: refusals.map { TokenBucket.Rules(capacity: $0, refillPerSecond: 10, maxDebt: 2) }))
    }

    @Test("it holds so many connections and no more, until one closes; another address has its own")
    func connections() {
        let limits = limits(connections: 2)
        for _ in 0..<2 {
            #expect(limits.admit("192.0.2.1", at: start) == nil)
            limits.opened("192.0.2.1")
        }
        #expect(limits.admit("192.0.2.1", at: start)?.excess == .connections)
        #expect(limits.admit("192.0.2.2", at: start) == nil)
        // What it asks over a connection that it has is no new one.
        #expect(limits.admitAgain("192.0.2.1", at: start) == nil)
        limits.closed("192.0.2.1")
        #expect(limits.admit("192.0.2.1", at: start) == nil)
    }

    @Test("the addresses of one IPv6 customer are one")
    func blocks() {
        let limits = limits(connections: 1)
        limits.opened("2001:db8:0:1::1")
        #expect(limits.admit("2001:db8:0:2::2", at: start)?.excess == .connections)
        #expect(limits.admit("2001:db8:0:100::1", at: start) == nil)
    }

    @Test("it asks so often at once and each second, for connections and over them")
    func attempts() {
        let limits = limits(attempts: 3)
        #expect(limits.admit("a", at: start) == nil && limits.admitAgain("a", at: start) == nil)
        #expect(limits.admit("a", at: start) == nil && limits.admit("a", at: start)?.excess == .attempts)
        #expect(limits.admitAgain("a", at: start) == .attempts && limits.admit("b", at: start) == nil)
        #expect(limits.admit("a", at: start + .seconds(1)) == nil)
    }

    @Test("refusals are answered at once, then later and later, and then nothing is looked at for a while")
    func refusals() {
        let limits = limits(refusals: 2)
        #expect(limits.refused("a", at: start) == .zero && limits.refused("a", at: start) == .zero)
        #expect(limits.mayTry("a", at: start) && limits.admit("a", at: start) == nil)
        #expect(limits.refused("a", at: start) == .milliseconds(100))
        #expect(limits.mayTry("a", at: start))
        #expect(limits.refused("a", at: start) == .milliseconds(200))
        #expect(!limits.mayTry("a", at: start) && limits.admit("a", at: start)?.excess == .refusals)
        #expect(limits.refused("a", at: start) == .zero, "nobody waits beyond the bound")
        #expect(limits.mayTry("b", at: start))
        #expect(limits.mayTry("a", at: start + .milliseconds(100)))
    }

    @Test("an address that has nothing and did nothing lately is forgotten, and their number has a bound")
    func forgetting() {
        let plain = limits(connections: 2)
        for number in 0..<1_000 {
            plain.opened("a\(number)")
            plain.closed("a\(number)")
        }
        #expect(plain.count == 0)
        let busy = AddressLimits(
            AddressLimits.Rules(
                connections: 1, attempts: TokenBucket.Rules(capacity: 1, refillPerSecond: 0), refusals: nil),
            capacity: 256)
        busy.opened("kept")
        for number in 0..<10_000 { _ = busy.admit("a\(number)", at: start) }
        #expect(busy.count <= 257 && busy.admit("kept", at: start)?.excess == .connections)
    }

    @Test("a refusal says when it is worth asking again")
    func retryAfter() {
        let limits = limits(connections: 1, attempts: 1)
        #expect(limits.admit("a", at: start) == nil)
        #expect(
            limits.admit("a", at: start + .milliseconds(300))
                == AddressLimits.Refusal(excess: .attempts, retryAfter: .milliseconds(700)))
        limits.opened("a")
        #expect(limits.admit("a", at: start)?.excess == .connections)
        let guessed = self.limits(refusals: 1)
        for _ in 0..<3 { _ = guessed.refused("b", at: start) }
        #expect(
            guessed.admit("b", at: start) == AddressLimits.Refusal(excess: .refusals, retryAfter: .milliseconds(100)))
    }

    @Test(
        "an upgrade that is refused says so in whole seconds, within an hour",
        arguments: [(Duration.milliseconds(1), "1"), (.milliseconds(1_001), "2"), (.seconds(9_000_000), "3600")])
    func header(_ time: Duration, _ seconds: String) {
        let decision = WebSocketEndpoint.Decision.refuse(AddressLimits.Refusal(excess: .attempts, retryAfter: time))
        guard case .refuse(let status, let headers, _, _) = decision else {
            Issue.record("accepted")
            return
        }
        #expect(status == .tooManyRequests && headers[.retryAfter] == seconds)
    }

    @Test("however many addresses were connected, those without connections have the same bound")
    func bound() {
        let rules = AddressLimits.Rules(
            connections: 0, attempts: TokenBucket.Rules(capacity: 1, refillPerSecond: 0), refusals: nil)
        var table = AddressTable(rules, capacity: 16)
        for number in 0..<10_000 {
            table.change("a\(number)", at: 0) { entry in
                _ = entry.attempts?.take(at: 0)
                entry.connections += 1
            }
        }
        #expect(table.count == 10_000 && table.unconnectedCount == 0)
        var most = 0
        for number in 0..<100_000 {
            // Half of them go and have done something lately, while others come and get no connection.
            if number < 5_000 { table.closed("a\(number)", at: 0) }
            table.change("b\(number)", at: 0) { _ = $0.attempts?.take(at: 0) }
            most = max(most, table.unconnectedCount)
        }
        #expect(most == 16 && table.count - table.unconnectedCount == 5_000)
        for number in 5_000..<10_000 { table.closed("a\(number)", at: 0) }
        #expect(table.count == table.unconnectedCount && table.count <= 16)
    }

    @Test("an address keeps what it has used while its connections come and go")
    func moving() {
        let rules = AddressLimits.Rules(
            connections: 0, attempts: TokenBucket.Rules(capacity: 2, refillPerSecond: 1), refusals: nil)
        var table = AddressTable(rules, capacity: 16)
        func mayTry() -> Bool { table.change("a", at: 0) { $0.attempts?.take(at: 0).isAdmitted } == true }
        #expect(mayTry())
        for _ in 0..<2 { table.change("a", at: 0) { $0.connections += 1 } }
        table.closed("a", at: 0)
        #expect(mayTry() && table.unconnectedCount == 0)
        table.closed("a", at: 0)
        #expect(!mayTry() && table.count == 1 && table.unconnectedCount == 1)
    }

    @Test("addresses that have connections push nobody out who is being held up")
    func heldUp() {
        let rules = AddressLimits.Rules(
            connections: 0, attempts: nil, refusals: TokenBucket.Rules(capacity: 1, refillPerSecond: 0))
        var table = AddressTable(rules, capacity: 16)
        table.change("guesses", at: 0) { _ = $0.refusals?.take(at: 0) }
        for number in 0..<1_000 { table.change("a\(number)", at: 0) { $0.connections += 1 } }
        let mayTry = table.change("guesses", at: 0) { $0.refusals?.take(at: 0).isAdmitted }
        #expect(mayTry == false)
    }
}
