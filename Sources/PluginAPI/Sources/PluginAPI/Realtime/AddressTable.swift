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

    private var entries: [String: Entry] = [:]
    private let fresh: Entry
    private let capacity: Int
    /// With how many entries room is made.
    private(set) var threshold: Int

    /// - Parameter capacity: how many addresses without connections are remembered at most.
    init(_ rules: AddressLimits.Rules, capacity: Int) {
        fresh = Entry(attempts: rules.attempts.map(TokenBucket.init), refusals: rules.refusals.map(TokenBucket.init))
        self.capacity = capacity
        threshold = capacity
    }

    var count: Int { entries.count }

    mutating func change<Result>(_ key: String, at now: Int64, _ body: (inout Entry) -> Result) -> Result {
        if entries.count >= threshold, entries[key] == nil { makeRoom(at: now) }
        return body(&entries[key, default: fresh])
    }

    /// An address has one connection less.
    mutating func closed(_ key: String, at now: Int64) {
        guard let index = entries.index(forKey: key) else { return }
        entries.values[index].connections -= 1
        if entries.values[index].isIdle(at: now) { entries.remove(at: index) }
    }

    private mutating func makeRoom(at now: Int64) {
        entries = entries.filter { !$0.value.isIdle(at: now) }
        let unconnected = entries.lazy.filter { $0.value.connections == 0 }
        let surplus = unconnected.count - capacity / 2
        if surplus > 0 {
            for key in Array(unconnected.map(\.key).prefix(surplus)) { entries[key] = nil }
        }
        // Connected addresses stay, however many there are: at a fixed threshold each new one would walk the whole table.
        threshold = max(capacity, entries.count + entries.count / 2)
    }
}
