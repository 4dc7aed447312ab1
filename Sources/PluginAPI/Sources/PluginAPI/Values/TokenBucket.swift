import NIOCore

/// A rate limiter that delays before it rejects.
///
/// It holds up to `capacity` tokens and gains `refillPerSecond`; each take costs one. With a debt allowed, a take from
/// an empty bucket is a reservation: the caller may act after the delay named. The state is one instant, the time at
/// which the bucket will be full again, so that an idle bucket needs no work and no timer.
///
/// Times are nanoseconds of any clock that does not go back, always the same one; negative ones count as 0.
public struct TokenBucket: Sendable, Hashable {
    /// What a take was answered.
    public enum Decision: Sendable, Hashable {
        /// A token was there; act at once.
        case now
        /// A token was reserved; act after this time.
        case after(Duration)
        /// Nothing was taken; a take after this time will be admitted.
        case rejected(retryAfter: Duration)

        /// Whether a token was taken.
        public var isAdmitted: Bool { if case .rejected = self { false } else { true } }
    }

    /// What a bucket goes by.
    public struct Rules: Sendable, Hashable {
        /// The largest burst; at least 1.
        public var capacity: Int
        /// Tokens gained each second; zero or less means none in practice.
        public var refillPerSecond: Double
        /// How many tokens may be reserved beyond those there; 0 rejects at once.
        public var maxDebt: Int

        /// States rules.
        public init(capacity: Int, refillPerSecond: Double, maxDebt: Int = 0) {
            self.capacity = capacity
            self.refillPerSecond = refillPerSecond
            self.maxDebt = maxDebt
        }
    }

    /// Some thirty years; longer intervals are cut to it, and instants to five times it, so that no sum overflows.
    private static let forever: Int64 = 1_000_000_000_000_000_000

    /// What a token takes to come back, in nanoseconds; at least 1.
    public let interval: Int64
    /// What an empty bucket takes to be full, in nanoseconds.
    public let burst: Int64
    /// The longest delay of a reservation, in nanoseconds.
    public let debt: Int64
    private var fullAt: Int64 = .min

    /// Makes a full bucket.
    ///
    /// - Parameters:
    ///   - capacity: The largest burst; at least 1.
    ///   - refillPerSecond: Tokens gained each second; zero or less means none in practice.
    ///   - maxDebt: How many tokens may be reserved beyond those there; 0 rejects at once.
    public init(capacity: Int, refillPerSecond: Double, maxDebt: Int = 0) {
        let nanoseconds = 1_000_000_000 / refillPerSecond
        // Negated so that NaN is also "never".
        let isNever = !(nanoseconds > 0 && nanoseconds < Double(Self.forever))
        interval = isNever ? Self.forever : max(1, Int64(nanoseconds))
        burst = Self.product(interval, max(1, capacity))
        debt = Self.product(interval, max(0, maxDebt))
    }

    /// Makes a full bucket.
    public init(_ rules: Rules) {
        self.init(capacity: rules.capacity, refillPerSecond: rules.refillPerSecond, maxDebt: rules.maxDebt)
    }

    /// Takes one token at an instant in nanoseconds.
    public mutating func take(at nanoseconds: Int64) -> Decision {
        let now = min(max(nanoseconds, 0), Self.forever * 5)
        let fullAfterwards = max(fullAt, now) + interval
        let wait = fullAfterwards - burst - now
        guard wait <= debt else { return .rejected(retryAfter: .nanoseconds(wait - debt)) }
        fullAt = fullAfterwards
        return wait <= 0 ? .now : .after(.nanoseconds(wait))
    }

    /// Takes one token at an instant of NIO's clock.
    public mutating func take(at deadline: NIODeadline) -> Decision {
        take(at: Int64(clamping: deadline.uptimeNanoseconds))
    }

    /// Whether the bucket is full at that instant, so that a table may drop it: a new one would answer the same.
    public func isFull(at nanoseconds: Int64) -> Bool {
        fullAt <= nanoseconds
    }

    /// Puts back the token of the latest take, for work that turned out to cost nothing.
    public mutating func giveBack() {
        if fullAt > .min + interval { fullAt -= interval }
    }

    /// How many tokens are there at an instant in nanoseconds.
    public func available(at nanoseconds: Int64) -> Int {
        Int(max(0, burst - missing(at: nanoseconds)) / interval)
    }

    /// How long after an instant in nanoseconds the bucket is full again.
    public func timeUntilFull(at nanoseconds: Int64) -> Duration {
        .nanoseconds(missing(at: nanoseconds))
    }

    private func missing(at nanoseconds: Int64) -> Int64 {
        let now = min(max(nanoseconds, -Self.forever / 4), Self.forever / 4)
        return fullAt > now ? fullAt - now : 0
    }

    private static func product(_ interval: Int64, _ count: Int) -> Int64 {
        let (product, overflow) = interval.multipliedReportingOverflow(by: Int64(count))
        return overflow ? forever : min(product, forever)
    }
}
