/// What is remembered of addresses, in one shard of ``AddressLimits``. A value: the time is an argument.
struct AddressTable: Sendable {
    /// What one address has and did.
    struct Entry: Sendable {
        var connections = 0
        var attempts: TokenBucket?
        var refusals: TokenBucket?

        /// A new entry would answer the same.
        func isIdle(at now: Int64) -> Bool {
            connections == 0 && attempts?.isFull(at: now) ?? true && refusals?.isFull(at: now) ?? true
        }
    }

    /// Apart, since room is made among the others alone, however many connected ones there are.
    private var connected: [String: Entry] = [:]
    private var unconnected: [String: Entry] = [:]
    private let fresh: Entry
    private let capacity: Int

    /// - Parameter capacity: how many addresses without connections are remembered at most.
    init(_ rules: AddressLimits.Rules, capacity: Int) {
        fresh = Entry(attempts: rules.attempts.map(TokenBucket.init), refusals: rules.refusals.map(TokenBucket.init))
        self.capacity = capacity
    }

    var count: Int { connected.count + unconnected.count }
    var unconnectedCount: Int { unconnected.count }

    mutating func change<Result>(_ key: String, at now: Int64, _ body: (inout Entry) -> Result) -> Result {
        if let index = connected.index(forKey: key) { return body(&connected.values[index]) }
        if let index = unconnected.index(forKey: key) {
            let result = body(&unconnected.values[index])
            if unconnected.values[index].connections > 0 { connected[key] = unconnected.remove(at: index).value }
            return result
        }
        var entry = fresh
        let result = body(&entry)
        put(entry, for: key, at: now)
        return result
    }

    /// An address has one connection less.
    mutating func closed(_ key: String, at now: Int64) {
        guard let index = connected.index(forKey: key) else { return }
        connected.values[index].connections -= 1
        guard connected.values[index].connections == 0 else { return }
        let entry = connected.remove(at: index).value
        if !entry.isIdle(at: now) { put(entry, for: key, at: now) }
    }

    private mutating func put(_ entry: Entry, for key: String, at now: Int64) {
        if entry.connections > 0 {
            connected[key] = entry
        } else {
            if unconnected.count >= capacity { makeRoom(at: now) }
            unconnected[key] = entry
        }
    }

    /// Half of them go, if they must: the next walk is as many entries away.
    private mutating func makeRoom(at now: Int64) {
        unconnected = unconnected.filter { !$0.value.isIdle(at: now) }
        for key in Array(unconnected.keys.prefix(max(unconnected.count - capacity / 2, 0))) { unconnected[key] = nil }
    }
}
