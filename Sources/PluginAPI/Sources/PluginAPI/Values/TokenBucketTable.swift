import NIOCore
import Synchronization

/// One token bucket for each key, such as a device or an address. Safe from every thread.
///
/// Keys are spread over shards, each with its own lock. Buckets that are full again are forgotten when room is needed;
/// if all are busy, half of a shard's are forgotten early, which errs on the side of admitting.
public final class TokenBucketTable<Key: Hashable & Sendable>: Sendable {
    private final class Shard: Sendable {
        let buckets = Mutex<[Key: TokenBucket]>([:])
    }

    private static var shardCount: Int { 16 }

    private let fresh: TokenBucket
    private let keysPerShard: Int
    private let shards: [Shard]

    /// Makes an empty table.
    ///
    /// - Parameters:
    ///   - fresh: The bucket of a key that is not known.
    ///   - maxKeys: About how many keys are remembered at most.
    public init(_ fresh: TokenBucket, maxKeys: Int = 131_072) {
        self.fresh = fresh
        keysPerShard = max(16, maxKeys / Self.shardCount)
        shards = (0..<Self.shardCount).map { _ in Shard() }
    }

    /// Takes one token of the key's bucket.
    public func take(_ key: Key, at now: NIODeadline) -> TokenBucketOutcome {
        let now = Int64(clamping: now.uptimeNanoseconds)
        return shard(of: key).buckets.withLock { buckets in
            if buckets.count >= keysPerShard, buckets[key] == nil {
                makeRoom(in: &buckets, at: now)
            }
            return take(of: &buckets[key, default: fresh], at: now)
        }
    }

    /// Puts back the token of the key's latest take.
    public func giveBack(_ key: Key) {
        shard(of: key).buckets.withLock { $0[key]?.giveBack() }
    }

    /// How many keys are remembered.
    public var count: Int {
        shards.reduce(0) { $0 + $1.buckets.withLock(\.count) }
    }

    private func take(of bucket: inout TokenBucket, at now: Int64) -> TokenBucketOutcome {
        let decision = bucket.take(at: now)
        return TokenBucketOutcome(
            decision: decision,
            available: bucket.available(at: now),
            timeUntilFull: bucket.timeUntilFull(at: now))
    }

    private func makeRoom(in buckets: inout [Key: TokenBucket], at now: Int64) {
        buckets = buckets.filter { !$0.value.isFull(at: now) }
        // Half at once, so that the cost of looking at all is shared by many takes.
        guard buckets.count > keysPerShard / 2 else { return }
        for key in Array(buckets.keys.prefix(buckets.count - keysPerShard / 2)) { buckets[key] = nil }
    }

    private func shard(of key: Key) -> Shard {
        shards[Int(UInt(bitPattern: key.hashValue) % UInt(Self.shardCount))]
    }
}

/// What a take was answered, and how the bucket stands after it.
public struct TokenBucketOutcome: Sendable, Hashable {
    /// Whether and when the caller may act.
    public var decision: TokenBucket.Decision
    /// Tokens left.
    public var available: Int
    /// When the bucket is full again, if nobody takes from it.
    public var timeUntilFull: Duration

    /// Makes an outcome.
    public init(decision: TokenBucket.Decision, available: Int, timeUntilFull: Duration) {
        self.decision = decision
        self.available = available
        self.timeUntilFull = timeUntilFull
    }
}
