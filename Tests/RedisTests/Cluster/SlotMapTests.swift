import PluginAPI
import Testing

@testable import RedisPlugin

@Suite("Redis Cluster: what nodes say")
struct SlotMapTests {
    private let asked = RedisAddress.host("10.0.0.9", port: 1)

    private func node(_ host: String?, _ port: Int64) -> RESPValue {
        .array([host.map { .bulk(ByteBuffer(string: $0)) } ?? .null, .integer(port), .bulk(ByteBuffer(string: "id"))])
    }

    private func range(_ first: Int64, _ last: Int64, _ nodes: RESPValue...) -> RESPValue {
        .array([.integer(first), .integer(last)] + nodes)
    }

    @Test("a map tells masters, replicas and owners")
    func map() throws {
        let map = try SlotMap(
            .array([
                range(0, 99, node("a", 1), node("b", 2)), range(100, 16_382, node("c", 3)),
                range(16_383, 16_383, node("a", 1), node("?", 4)),
            ]), of: asked)
        #expect(map.masters == [.host("a", port: 1), .host("c", port: 3)] && map.replicas == [.host("b", port: 2)])
        #expect(map.owner(of: 0) == .host("a", port: 1) && map.owner(of: 100) == .host("c", port: 3))
        #expect(map.owner(of: 16_383) == .host("a", port: 1) && map.isComplete)
    }

    @Test("a node that does not know its own address is the one that was asked")
    func unknownAddress() throws {
        for host in [nil, ""] {
            let map = try SlotMap(.array([range(0, 16_383, node(host, 7))]), of: asked)
            #expect(map.owner(of: 5) == .host("10.0.0.9", port: 7))
        }
    }

    @Test("slots that nobody has are seen")
    func incomplete() throws {
        let map = try SlotMap(.array([range(0, 16_382, node("a", 1))]), of: asked)
        #expect(!map.isComplete && map.owner(of: 16_383) == nil)
        #expect(try !SlotMap(.array([]), of: asked).isComplete)
        #expect(try !SlotMap(.array([range(0, 16_383, node("?", 1))]), of: asked).isComplete)
    }

    @Test("what is no map is refused")
    func senseless() {
        for answer in [
            RESPValue.null, .status("OK"), .array([.integer(1)]), .array([range(-1, 2, node("a", 1))]),
            .array([range(0, 16_384, node("a", 1))]), .array([range(5, 2, node("a", 1))]), .array([range(0, 1)]),
        ] {
            #expect(throws: RedisFailure.self) { try SlotMap(answer, of: asked) }
        }
    }

    @Test(
        "redirections",
        arguments: [
            ("MOVED 3999 127.0.0.1:6381", Redirection.moved(.host("127.0.0.1", port: 6381))),
            ("ASK 3999 ::1:6381", .ask(.host("::1", port: 6381))),
            ("MOVED 1 :6381", .moved(.host("10.0.0.9", port: 6381))),
            ("MOVED 1 ?:6381", .later), ("MOVED 1 x", .later), ("MOVED 1 x:99999", .later), ("TRYAGAIN some", .later),
            ("CLUSTERDOWN The cluster is down", .later), ("ERR no", nil), ("MOVED", nil), ("", nil),
        ] as [(String, Redirection?)])
    func redirection(text: String, expected: Redirection?) {
        #expect(Redirection(.error(text), from: asked) == expected)
        #expect(Redirection(.bulk(ByteBuffer(string: text)), from: asked) == nil)
    }
}

@Suite("Redis Cluster: when the map is asked for")
struct RefreshPlanTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    @Test("at once, one question at a time, seldom while all is well")
    func quiet() {
        var plan = RefreshPlan(now: start)
        let asksFirst = plan.begin(now: start)
        let asksTwice = plan.begin(now: start)
        #expect(asksFirst && !asksTwice && plan.nextQuestion == nil)
        plan.answered(isWell: true, now: start, jitter: 1)
        #expect(plan.nextQuestion == start + RefreshPlan.quietPause)
        let asksEarly = plan.begin(now: start + .seconds(9))
        #expect(!asksEarly)
    }

    @Test("soon when something is wanted, but not in a row")
    func wanted() {
        var plan = RefreshPlan(now: start)
        _ = plan.begin(now: start)
        plan.answered(isWell: true, now: start, jitter: 1)
        plan.want(now: start + .milliseconds(1))
        #expect(plan.nextQuestion == start + RefreshPlan.shortestPause)
        plan.want(now: start + .seconds(5))
        #expect(plan.nextQuestion == start + RefreshPlan.shortestPause)
        let asks = plan.begin(now: start + .seconds(5))
        #expect(asks)
        // While it is asked: once more afterwards.
        plan.want(now: start + .seconds(5))
        #expect(plan.nextQuestion == nil)
        plan.answered(isWell: true, now: start + .seconds(6), jitter: 1)
        #expect(plan.nextQuestion == start + .seconds(6) + RefreshPlan.shortestPause)
    }

    @Test("while something is wrong again and again, less and less often, and never once closed")
    func troubles() {
        var plan = RefreshPlan(now: start)
        var now = start
        var pauses: [TimeAmount] = []
        for _ in 0..<6 {
            _ = plan.begin(now: now)
            plan.answered(isWell: false, now: now, jitter: 1)
            let next = plan.nextQuestion ?? now
            pauses.append(next - now)
            now = next
        }
        #expect(pauses == [100, 200, 400, 800, 1_000, 1_000].map { .milliseconds($0) })
        plan.close()
        plan.want(now: now)
        #expect(plan.nextQuestion == nil)
    }
}
