import PluginAPI
import Synchronization
import Testing

@Suite("Limits over all nodes")
struct RateLimitTests {
    /// A shared table that can be out of reach.
    private final class Shared: SharedLimiter {
        private struct State {
            var buckets: [String: TokenBucket] = [:]
            var isAway = false
            var questions = 0
        }

        private let state = Mutex(State())

        var questions: Int { state.withLock { $0.questions } }
        func setAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }

        func take(_ key: String, _ rules: TokenBucket.Rules) async -> TokenBucketOutcome? {
            state.withLock { state in
                state.questions += 1
                if state.isAway { return nil }
                let decision = state.buckets[key, default: TokenBucket(rules)].take(at: 0)
                return TokenBucketOutcome(decision: decision, available: 0, timeUntilFull: .zero)
            }
        }

        func giveBack(_ key: String, _ rules: TokenBucket.Rules) {
            state.withLock { if !$0.isAway { $0.buckets[key]?.giveBack() } }
        }
    }

    private let now = NIODeadline.uptimeNanoseconds(0)

    private func limit(_ shared: Shared?) -> RateLimit<Int> {
        RateLimit(TokenBucket.Rules(capacity: 4, refillPerSecond: 1), shared: shared) { "n:\($0)" }
    }

    private func admitted(_ limits: [RateLimit<Int>], _ count: Int) async -> Int {
        var admitted = 0
        for number in 0..<count {
            let take = await limits[number % limits.count].take(7, at: now)
            if take.outcome.decision.isAdmitted { admitted += 1 }
        }
        return admitted
    }

    @Test("without a shared count each counts by itself")
    func alone() async {
        #expect(await admitted([limit(nil), limit(nil)], 20) == 8)
    }

    @Test("with one it is one limit, wherever the takes arrive")
    func together() async {
        let shared = Shared()
        #expect(await admitted([limit(shared), limit(shared), limit(shared)], 30) == 4)
    }

    @Test("what was given back can be taken again, by any node")
    func givenBack() async throws {
        let shared = Shared()
        let (one, other) = (limit(shared), limit(shared))
        for _ in 0..<3 { _ = await one.take(7, at: now) }
        let last = await one.take(7, at: now)
        #expect(last.isShared && last.outcome.decision == .now)
        #expect(await !other.take(7, at: now).outcome.decision.isAdmitted)
        one.giveBack(7, last)
        #expect(await other.take(7, at: now).outcome.decision == .now)
        #expect(await !one.take(7, at: now).outcome.decision.isAdmitted)
    }

    @Test("out of reach, a node goes on with what it has seen itself, and comes back")
    func outage() async {
        let shared = Shared()
        let (one, other) = (limit(shared), limit(shared))
        #expect(await admitted([one], 3) == 3)
        shared.setAway(true)
        // One has seen three takes, the other none.
        #expect(await admitted([one], 5) == 1)
        #expect(await admitted([other], 5) == 4)
        shared.setAway(false)
        let third = limit(shared)
        #expect(await admitted([third], 5) == 1)
    }

    @Test("who has used up a share at one node is refused there without a question")
    func flood() async {
        let shared = Shared()
        #expect(await admitted([limit(shared)], 1_000) == 4)
        #expect(shared.questions == 4)
    }
}
