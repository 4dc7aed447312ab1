import HTTPTypes
import PluginAPI

/// A limit on requests of one kind of client, with the headers that tell how much is left (`http.md` 7).
struct RequestLimit<Key: Hashable & Sendable>: Sendable {
    private let limit: RateLimit<Key>
    private let announcement: RequestQuota.Announcement

    /// Nil when the rate is 0: no limit.
    ///
    /// - Parameters:
    ///   - shared: what counts over all nodes, if there is any.
    ///   - name: the key's text for all nodes.
    init?(
        ratePerSecond: Double, burst: Int, shared: (any SharedLimiter)?, name: @escaping @Sendable (Key) -> String
    ) {
        guard ratePerSecond > 0 else { return nil }
        limit = RateLimit(
            TokenBucket.Rules(capacity: burst, refillPerSecond: ratePerSecond), shared: shared, name: name)
        let window = max(1, Int64(clamping: (Double(burst) / ratePerSecond).rounded(.up)))
        announcement = RequestQuota.Announcement(policy: "\(burst);w=\(window)", limit: String(burst))
    }

    func take(_ key: Key, at now: NIODeadline) async -> RequestQuota {
        RequestQuota(outcome: await limit.take(key, at: now).outcome, announcement: announcement)
    }
}

/// How a client stands after a request.
struct RequestQuota: Sendable {
    /// The headers that do not change, ready to send.
    struct Announcement: Sendable {
        var policy: String
        var limit: String
    }

    let outcome: TokenBucketOutcome
    let announcement: Announcement

    /// Throws the 429 of a client that has used up its share.
    func check() throws(HTTPFailure) {
        guard case .rejected(let wait) = outcome.decision else { return }
        throw .rateLimited("Too many requests", wait: wait) { .string(DurationWords.text(seconds: $0)) }
    }

    func write(to headers: inout HTTPFields) {
        headers[.rateLimitPolicy] = announcement.policy
        headers[.rateLimitLimit] = announcement.limit
        headers[.rateLimitRemaining] = String(outcome.available)
        headers[.rateLimitReset] = String(outcome.timeUntilFull.wholeSecondsRoundedUp)
    }
}

/// Times as the body of a 429 of this limiter says them: `15 minutes`.
enum DurationWords {
    static func text(seconds: Int64) -> String {
        if seconds >= 60, seconds.isMultiple(of: 60) {
            return seconds == 60 ? "1 minute" : "\(seconds / 60) minutes"
        }
        return seconds == 1 ? "1 second" : "\(seconds) seconds"
    }
}
