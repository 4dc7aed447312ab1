import Synchronization

/// What one client address may do to the sockets of a transport on this node: how many it may hold, how often it may
/// ask for one, and how often it may be refused for what it says it is. Safe from every thread.
///
/// An IPv6 address counts as its /56 (``ClientBlock``). Addresses whose shares are whole are forgotten when room is
/// needed; if all are busy, some without connections are forgotten early, which errs on the side of admitting.
public final class AddressLimits: Sendable {
    /// How much there is for each address.
    public struct Rules: Sendable, Hashable {
        /// Open connections; 0: no limit.
        public var connections: Int
        /// How often a connection may be asked for; nil: no limit.
        public var attempts: TokenBucket.Rules?
        /// How often credentials may be refused; the debt is how many answers may be held back. Nil: no limit.
        public var refusals: TokenBucket.Rules?

        /// States rules.
        public init(connections: Int, attempts: TokenBucket.Rules?, refusals: TokenBucket.Rules?) {
            self.connections = connections
            self.attempts = attempts
            self.refusals = refusals
        }
    }

    /// Which limit an address has reached.
    public enum Excess: String, Sendable, Hashable, CaseIterable {
        /// It holds as many connections as it may.
        case connections = "connections_per_address"
        /// It asks too often.
        case attempts = "attempts_per_address"
        /// Its credentials were refused too often: they are not looked at for a while.
        case refusals = "refusals_per_address"
    }

    /// Why an address gets no connection.
    public struct Refusal: Sendable, Hashable {
        /// The limit.
        public var excess: Excess
        /// When it is worth asking again.
        public var retryAfter: Duration
    }

    private final class Shard: Sendable {
        let table: Mutex<AddressTable>

        init(_ table: AddressTable) { self.table = Mutex(table) }
    }

    private static let shardCount = 16

    /// When a connection of an address that has all it may have goes is not known; dead ones go within such a time.
    private static let connectionsRetry = Duration.seconds(30)

    private let rules: Rules
    private let shards: [Shard]

    /// Makes an empty table.
    ///
    /// - Parameter capacity: about how many addresses without connections are remembered at most.
    public init(_ rules: Rules, capacity: Int = 131_072) {
        self.rules = rules
        let table = AddressTable(rules, capacity: max(16, capacity / Self.shardCount))
        shards = (0..<Self.shardCount).map { _ in Shard(table) }
    }
}

// MARK: Asking

extension AddressLimits {
    /// Takes an attempt of an address that asks for a connection; nil: it may have it.
    public func admit(_ address: String, at now: NIODeadline) -> Refusal? {
        take(address, at: now) { entry in
            guard rules.connections > 0, entry.connections >= rules.connections else { return nil }
            return Refusal(excess: .connections, retryAfter: Self.connectionsRetry)
        }
    }

    /// Takes an attempt of an address that asks for something else over a connection that it has; nil: it may.
    public func admitAgain(_ address: String, at now: NIODeadline) -> Excess? {
        take(address, at: now) { _ in nil }?.excess
    }

    private func take(
        _ address: String, at now: NIODeadline, _ check: (AddressTable.Entry) -> Refusal?
    ) -> Refusal? {
        let now = Int64(clamping: now.uptimeNanoseconds)
        return change(address, at: now) { entry in
            if let refusal = check(entry) { return refusal }
            // Looked at only: what is taken is taken when credentials are refused.
            if var refusals = entry.refusals, case .rejected(let time) = refusals.take(at: now) {
                return Refusal(excess: .refusals, retryAfter: time)
            }
            if case .rejected(let time)? = entry.attempts?.take(at: now) {
                return Refusal(excess: .attempts, retryAfter: time)
            }
            return nil
        }
    }

    /// Whether the credentials of an address may be looked at. Takes nothing.
    public func mayTry(_ address: String, at now: NIODeadline) -> Bool {
        let now = Int64(clamping: now.uptimeNanoseconds)
        return change(address, at: now) { entry in
            guard var refusals = entry.refusals else { return true }
            return refusals.take(at: now).isAdmitted
        }
    }

    /// The credentials of an address were refused.
    ///
    /// - Returns: how long to hold the answer back, so that whoever guesses waits; those that wait come one after the
    ///   other.
    public func refused(_ address: String, at now: NIODeadline) -> Duration {
        let now = Int64(clamping: now.uptimeNanoseconds)
        return change(address, at: now) { entry in
            guard case .after(let delay)? = entry.refusals?.take(at: now) else { return .zero }
            return delay
        }
    }
}

// MARK: Holding

extension AddressLimits {
    /// An address has one connection more. The limit is checked when it asks: connections that open at the same instant
    /// on several event loops may exceed it by one for each loop.
    public func opened(_ address: String) {
        change(address, at: Int64(clamping: NIODeadline.now().uptimeNanoseconds)) { $0.connections += 1 }
    }

    /// An address has one connection less.
    public func closed(_ address: String) {
        let (shard, key) = place(of: address)
        let now = Int64(clamping: NIODeadline.now().uptimeNanoseconds)
        shard.table.withLock { $0.closed(key, at: now) }
    }

    /// How many addresses are remembered.
    public var count: Int { shards.reduce(0) { $0 + $1.table.withLock(\.count) } }

    private func change<Result: Sendable>(
        _ address: String, at now: Int64, _ body: (inout AddressTable.Entry) -> Result
    ) -> Result {
        let (shard, key) = place(of: address)
        return shard.table.withLock { $0.change(key, at: now, body) }
    }

    private func place(of address: String) -> (Shard, String) {
        let key = ClientBlock.key(of: address)
        return (shards[Int(UInt(bitPattern: key.hashValue) % UInt(Self.shardCount))], key)
    }
}
