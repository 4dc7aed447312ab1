/// Remembers that something works no longer, such as writing to a disk that is full, until a probe shows that it works
/// again.
///
/// A success in between is no proof: on a full disk a short text may still fit where the next long one does not. So a
/// fault ends only with a probe that succeeds when nothing has failed for a while. That while doubles each time the fault
/// comes back soon after it had ended, so that what comes and goes is told seldom.
public struct FaultLatch: Sendable {
    /// What is wrong; nil: nothing is known to be.
    public private(set) var reason: String?
    private let calm: Duration
    private let longestCalm: Duration
    private var wait: Duration
    private var failedAt: ContinuousClock.Instant?
    private var endedAt: ContinuousClock.Instant?

    /// - Parameters:
    ///   - calm: how long nothing may have failed before a probe counts.
    ///   - longestCalm: what that grows to.
    public init(calm: Duration = .seconds(2), longestCalm: Duration = .seconds(60)) {
        self.calm = calm
        self.longestCalm = longestCalm
        wait = calm
    }

    /// Something failed. Answers whether that is news: a fault has begun.
    public mutating func failed(_ reason: String, at now: ContinuousClock.Instant) -> Bool {
        let isNews = self.reason == nil
        if isNews {
            let isRelapse = endedAt.map { now - $0 < wait * 4 } ?? false
            wait = isRelapse ? min(wait * 2, longestCalm) : calm
        }
        self.reason = reason
        failedAt = now
        return isNews
    }

    /// Whether a probe is worth making: there is a fault, and nothing has failed for long enough.
    public func isProbeDue(at now: ContinuousClock.Instant) -> Bool {
        guard reason != nil, let failedAt else { return false }
        return now - failedAt >= wait
    }

    /// A probe succeeded. Answers whether that ended the fault: not if something failed meanwhile.
    public mutating func succeeded(at now: ContinuousClock.Instant) -> Bool {
        isProbeDue(at: now) && ended(at: now)
    }

    /// Something shows that the fault is over. Answers whether there was one.
    public mutating func ended(at now: ContinuousClock.Instant) -> Bool {
        guard reason != nil else { return false }
        reason = nil
        endedAt = now
        return true
    }
}
