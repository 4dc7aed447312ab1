import Glibc
import PluginAPI
import Testing

@testable import RedisPlugin

@Suite("Redis: limits over all nodes", .timeLimit(.minutes(10)))
struct RedisLimiterTests {
    private func limiter(_ client: RedisClient, patience: Duration = .seconds(30)) async throws -> RedisLimiter {
        let limiter = RedisLimiter(client: client, prefix: "rq:", patience: patience, logger: Logger(label: "test"))
        try await client.connect()
        // Told of the connection behind whatever was told before.
        try await client.eventLoop.submit {}.get()
        return limiter
    }

    private let slow = TokenBucket.Rules(capacity: 20, refillPerSecond: 0.01)

    @Test("two nodes share a bucket, and each key has its own")
    func shared() async throws {
        let server = try await RedisServer()
        try await withClient(server.options) { first in
            try await withClient(server.options) { second in
                let nodes = [try await limiter(first), try await limiter(second)]
                var admitted = 0
                for number in 0..<60 {
                    let outcome = try #require(await nodes[number % 2].take("a{b", slow))
                    if outcome.decision.isAdmitted { admitted += 1 }
                    #expect(outcome.available == max(0, 19 - number))
                }
                #expect(admitted == 20)
                #expect(await nodes[0].take("b", slow)?.decision == .now)
                let refused = try #require(await nodes[1].take("a{b", slow))
                guard case .rejected(let wait) = refused.decision else {
                    Issue.record("\(refused)")
                    return
                }
                #expect(wait > .seconds(80) && wait <= .seconds(100))
                #expect(refused.timeUntilFull > .seconds(1_980) && refused.timeUntilFull <= .seconds(2_000))
                nodes[0].giveBack("a{b", slow)
                try await until("it is there for the other") { await nodes[1].take("a{b", slow)?.decision == .now }
                let life = try await server.run(["PTTL", "rq:limit:a{b"])[0].integer ?? 0
                #expect((1_980_000...2_000_002).contains(life))
            }
        }
    }

    @Test("with a debt allowed takes are delayed before they are refused, as one node alone would")
    func delays() async throws {
        let server = try await RedisServer()
        try await withClient(server.options) { client in
            let limiter = try await limiter(client)
            let rules = TokenBucket.Rules(capacity: 3, refillPerSecond: 0.01, maxDebt: 2)
            var alone = TokenBucket(rules)
            for _ in 0..<7 {
                let expected = alone.take(at: 1)
                let decision = try #require(await limiter.take("d", rules)).decision
                switch (decision, expected) {
                case (.now, .now): break
                case (.after(let wait), .after(let other)), (.rejected(let wait), .rejected(let other)):
                    // Time goes on at the server.
                    #expect(wait <= other && other - wait < .seconds(30))
                default: Issue.record("\(decision) in place of \(expected)")
                }
            }
        }
    }

    @Test("a bucket that is damaged, or from another time, does no harm")
    func damaged() async throws {
        let server = try await RedisServer()
        try await withClient(server.options) { client in
            let limiter = try await limiter(client)
            try await server.run(
                ["SET", "rq:limit:x", "rubbish"], ["SET", "rq:limit:y", "9e15"], ["LPUSH", "rq:limit:z", "1"])
            #expect(await limiter.take("x", slow)?.decision == .now)
            let future = try #require(await limiter.take("y", slow))
            #expect(!future.decision.isAdmitted && future.timeUntilFull <= .seconds(2_000))
            #expect(await limiter.take("z", slow) == nil)
            try await server.run(["SCRIPT", "FLUSH"])
            #expect(await limiter.take("x", slow)?.decision == .now)
        }
    }

    @Test("a server that falls silent costs its patience once, nothing afterwards, and counts again when it is back")
    func silence() async throws {
        let server = try await RedisServer()
        try await withClient(server.options.patient) { client in
            let limiter = try await limiter(client, patience: .milliseconds(100))
            try await until("it counts") { await limiter.take("a", slow) != nil }
            server.signal(SIGSTOP)
            let clock = ContinuousClock()
            let first = await clock.measure {
                await withTaskGroup(of: TokenBucketOutcome?.self) { group in
                    for _ in 0..<50 { group.addTask { await limiter.take("a", slow) } }
                    for await outcome in group { #expect(outcome == nil) }
                }
            }
            // With the time of a command it would take 60 s.
            #expect(first < .seconds(20), "\(first)")
            let later = await clock.measure {
                for _ in 0..<1_000 { #expect(await limiter.take("a", slow) == nil) }
            }
            // Each with its patience would take 100 s.
            #expect(later < .seconds(20), "\(later)")
            server.signal(SIGCONT)
            try await until("it counts again") { await limiter.take("a", slow) != nil }
        }
    }

    @Test("while the connection is down nobody waits, and afterwards it counts again")
    func outage() async throws {
        let server = try await RedisServer()
        try await withClient(server.options.patient) { client in
            let limiter = try await limiter(client)
            #expect(await limiter.take("a", slow) != nil)
            try await server.kill()
            try await until("the loss is noticed") { await limiter.take("a", slow) == nil }
            let time = await ContinuousClock().measure {
                for _ in 0..<1_000 { #expect(await limiter.take("a", slow) == nil) }
            }
            // Each with its patience would take hours.
            #expect(time < .seconds(10), "\(time)")
            try await server.restart()
            try await until("it counts again") { await limiter.take("a", slow) != nil }
        }
    }
}
