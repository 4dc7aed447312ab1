/// Token buckets that all nodes of a cluster share, so that a limit is one limit however many nodes there are.
///
/// Answers within a few milliseconds or not at all: who gets none counts by itself. ``RateLimit`` does that.
public protocol SharedLimiter: Sendable {
    /// Takes one token of the key's bucket; one that nobody knows is full. Time is the limiter's own.
    ///
    /// - Parameters:
    ///   - key: any text; the same on all nodes.
    ///   - rules: the same on all nodes.
    /// - Returns: nil when the buckets cannot be reached in time. Whether a token was taken is then not known.
    func take(_ key: String, _ rules: TokenBucket.Rules) async -> TokenBucketOutcome?

    /// Puts back the token of the key's latest take, without waiting; does nothing when the buckets cannot be reached.
    func giveBack(_ key: String, _ rules: TokenBucket.Rules)
}

extension Capability where Value == any SharedLimiter {
    /// Limits over all nodes.
    public static var rateLimits: Self { Self("rate-limits") }
}
