import NIOCore

/// A limit for each key: counted over all nodes where something does that, and on this node otherwise.
///
/// Every take is counted on this node as well. That costs a lock and has two uses: whoever has used up a share here
/// alone is refused without asking anybody, and when the shared count is out of reach this node goes on with what it
/// has seen.
public struct RateLimit<Key: Hashable & Sendable>: Sendable {
    /// A take, and who decided it.
    public struct Take: Sendable, Hashable {
        /// How it was answered.
        public var outcome: TokenBucketOutcome
        /// Whether it was counted over all nodes.
        public var isShared: Bool
    }

    private let rules: TokenBucket.Rules
    private let table: TokenBucketTable<Key>
    private let shared: (any SharedLimiter)?
    private let name: @Sendable (Key) -> String

    /// Makes a limit.
    ///
    /// - Parameters:
    ///   - rules: The bucket of each key.
    ///   - shared: What counts over all nodes; nil: each node counts by itself.
    ///   - name: The key's text for all nodes; different for each limit.
    public init(
        _ rules: TokenBucket.Rules, shared: (any SharedLimiter)? = nil, name: @escaping @Sendable (Key) -> String
    ) {
        self.rules = rules
        self.shared = shared
        self.name = name
        table = TokenBucketTable(TokenBucket(rules))
    }

    /// Takes one token of the key's bucket. Does not suspend where nothing is shared.
    public func take(_ key: Key, at now: NIODeadline) async -> Take {
        let local = table.take(key, at: now)
        // All nodes together have left no more than this one.
        guard let shared, local.decision.isAdmitted else { return Take(outcome: local, isShared: false) }
        guard let outcome = await shared.take(name(key), rules) else { return Take(outcome: local, isShared: false) }
        if !outcome.decision.isAdmitted { table.giveBack(key) }
        return Take(outcome: outcome, isShared: true)
    }

    /// Puts back the token of a take that was admitted, for work that turned out to cost nothing.
    public func giveBack(_ key: Key, _ take: Take) {
        table.giveBack(key)
        if take.isShared { shared?.giveBack(name(key), rules) }
    }
}
