import NIOCore

/// What one connection may send (`socketio.md` 10): events, typing and joins, each with its own rate. A rate of 0 lifts
/// the limit.
///
/// Loop-bound. An object, so that a connection that never sends an event has none.
public final class EventBudget {
    /// How much of each a connection may send.
    public struct Rates: Sendable {
        /// Events of any kind, each second; 0: no limit.
        public var eventsPerSecond: Int
        /// Events at once, at least 1.
        public var burst: Int
        /// Typing, each second and at once; 0: no limit.
        public var typingPerSecond: Int
        /// Joins, each second and at once; 0: no limit.
        public var joinsPerSecond: Int

        /// Makes rates.
        public init(eventsPerSecond: Int, burst: Int, typingPerSecond: Int, joinsPerSecond: Int) {
            self.eventsPerSecond = eventsPerSecond
            self.burst = burst
            self.typingPerSecond = typingPerSecond
            self.joinsPerSecond = joinsPerSecond
        }
    }

    /// What an event counts as besides being one.
    public enum Kind: Sendable, Hashable {
        /// Somebody types.
        case typing
        /// A conversation is to be heard.
        case join
        /// Anything else.
        case other
    }

    /// What is to be done with an event.
    public enum Verdict: Sendable, Hashable {
        /// It is within the rates.
        case proceed
        /// It is not.
        case drop
        /// Drop it and say so: at most once a second.
        case dropAndComplain
    }

    private var events: TokenBucket?
    private var typing: TokenBucket?
    private var joins: TokenBucket?
    private var complainedAt: NIODeadline?

    /// Makes a budget that is not touched yet.
    public init(_ rates: Rates) {
        func bucket(_ rate: Int, _ capacity: Int) -> TokenBucket? {
            rate > 0 ? TokenBucket(capacity: max(capacity, 1), refillPerSecond: Double(rate)) : nil
        }
        events = bucket(rates.eventsPerSecond, rates.burst)
        typing = bucket(rates.typingPerSecond, rates.typingPerSecond)
        joins = bucket(rates.joinsPerSecond, rates.joinsPerSecond)
    }

    /// Takes an event of this kind, now.
    public func event(_ kind: Kind) -> Verdict {
        // Lifted limits cost no look at the clock.
        guard events != nil || typing != nil || joins != nil else { return .proceed }
        return event(kind, at: .now())
    }

    /// Takes an event of this kind at an instant.
    public func event(_ kind: Kind, at now: NIODeadline) -> Verdict {
        var isAllowed = Self.take(&events, now)
        switch kind {
        case .typing: isAllowed = Self.take(&typing, now) && isAllowed
        case .join: isAllowed = Self.take(&joins, now) && isAllowed
        case .other: break
        }
        if isAllowed { return .proceed }
        if let complainedAt, now - complainedAt < .seconds(1) { return .drop }
        complainedAt = now
        return .dropAndComplain
    }

    private static func take(_ bucket: inout TokenBucket?, _ now: NIODeadline) -> Bool {
        guard bucket != nil, case .now? = bucket?.take(at: now) else { return bucket == nil }
        return true
    }
}
