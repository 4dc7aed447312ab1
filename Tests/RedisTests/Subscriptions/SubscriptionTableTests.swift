import Testing

@testable import RedisPlugin

@Suite("Redis subscriptions: what stands")
struct SubscriptionTableTests {
    @Test("while there is no connection wishes are kept, and asked for when there is one")
    func wishes() {
        var table = SubscriptionTable()
        #expect(table.subscribe(["a", "b", "a"]).isEmpty && table.unsubscribe(["b", "c"]).isEmpty)
        #expect(table.wantedCount == 1 && !table.isRestored)
        #expect(table.connected() == ["a"] && !table.isRestored)
        #expect(table.confirmed("a", isSubscription: true) == .stands && table.isRestored)
        #expect(table.subscribe(["a", "d"]) == ["d"])
        #expect(table.confirmed("d", isSubscription: true) == .stands)
        table.lost()
        #expect(!table.isRestored && table.connected() == ["a", "d"])
    }

    @Test("with nothing to restore everything stands at once")
    func empty() {
        var table = SubscriptionTable()
        #expect(table.connected().isEmpty && table.isRestored)
    }

    @Test("a wish that was overtaken confirms nothing")
    func overtaken() {
        var table = SubscriptionTable()
        _ = table.connected()
        #expect(table.subscribe(["a"]) == ["a"] && table.unsubscribe(["a"]) == ["a"] && table.subscribe(["a"]) == ["a"])
        #expect(table.confirmed("a", isSubscription: true) == .passed)
        #expect(table.confirmed("a", isSubscription: false) == .passed)
        #expect(table.confirmed("a", isSubscription: true) == .stands)
    }

    @Test("a confirmation that nobody asked for is noticed")
    func unasked() {
        var table = SubscriptionTable()
        #expect(table.confirmed("a", isSubscription: true) == .unasked)
        _ = table.connected()
        #expect(table.confirmed("a", isSubscription: true) == .unasked)
        _ = table.subscribe(["a"])
        #expect(table.confirmed("a", isSubscription: false) == .unasked)
    }

    @Test("what a node of a cluster refuses or gives away is not wanted there any more")
    func elsewhere() {
        var table = SubscriptionTable()
        _ = table.subscribe(["a", "b"])
        #expect(table.connected() == ["a", "b"])
        #expect(table.refused(["a"]) == ["a"] && !table.isRestored)
        #expect(table.confirmed("b", isSubscription: true) == .stands && table.isRestored)
        #expect(table.withdrawn("b") && !table.withdrawn("b") && !table.withdrawn("a") && table.wantedCount == 0)
        // Asked for again before the refusal: both are refused.
        #expect(table.subscribe(["a"]) == ["a"] && table.unsubscribe(["a"]) == ["a"] && table.subscribe(["a"]) == ["a"])
        #expect(table.refused(["a"]) == ["a"] && table.refused(["a"]).isEmpty && table.refused(["a"]).isEmpty)
        #expect(table.refused(["a"]).isEmpty && table.wantedCount == 0)
        table.lost()
        #expect(table.connected().isEmpty && table.isRestored)
    }

    @Test("errors belong to the command whose turn it is, and confirmations come in the order of what was asked")
    func turns() {
        var asked = AskedSubscriptions()
        asked.add(["a", "b"], isSubscription: true)
        asked.add(["c"], isSubscription: true)
        asked.add(["a"], isSubscription: false)
        let early = asked.confirmed("b", isSubscription: true)
        let other = asked.confirmed("a", isSubscription: false)
        let first = asked.confirmed("a", isSubscription: true)
        #expect(!early && !other && first && asked.refused() == nil)
        let second = asked.confirmed("b", isSubscription: true)
        #expect(second && asked.refused() == ["c"] && asked.refused() == ["a"] && asked.refused() == nil)
    }

    @Test(
        "whatever happens, what the table calls standing the server has, and what is wanted comes to stand",
        arguments: 0..<50)
    func walk(seed: UInt64) {
        var random = SeededRandom(seed)
        var table = SubscriptionTable()
        var server: Set<String> = []
        /// On the way to the server.
        var asked: [(name: String, isSubscription: Bool)] = []
        var standing: Set<String> = []
        var wanted: Set<String> = []
        var isConnected = false
        func serve() {
            guard !asked.isEmpty else { return }
            let (name, isSubscription) = asked.removeFirst()
            if isSubscription { server.insert(name) } else { server.remove(name) }
            switch table.confirmed(name, isSubscription: isSubscription) {
            case .stands: standing.insert(name)
            case .passed: break
            case .unasked: Issue.record("\(name) was asked for")
            }
        }
        for _ in 0..<2_000 {
            let names = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                "c\(Int.random(in: 0..<6, using: &random))"
            }
            switch Int.random(in: 0..<20, using: &random) {
            case 0 where isConnected:
                table.lost()
                (isConnected, server, asked, standing) = (false, [], [], [])
            case 0...1 where !isConnected:
                isConnected = true
                asked = table.connected().map { ($0, true) }
            case 2..<7:
                wanted.formUnion(names)
                asked += table.subscribe(names).map { ($0, true) }
            case 7..<12:
                wanted.subtract(names)
                standing.subtract(names)
                asked += table.unsubscribe(names).map { ($0, false) }
            default: serve()
            }
            #expect(standing.isSubset(of: wanted) && table.wantedCount == wanted.count)
            if asked.isEmpty, isConnected { #expect(standing == wanted && server == wanted && table.isRestored) }
            for name in standing where !asked.contains(where: { $0.name == name }) { #expect(server.contains(name)) }
        }
    }
}
