import NIOCore
import PluginAPI

/// What one connection may send (`socketio.md` 10): events, typing and joins, each with its own rate. A rate of 0 lifts
/// the limit.
///
/// Loop-bound. An object, so that a connection that never sends an event has none.
final class EventBudget {
    struct Rates: Sendable {
        var eventsPerSecond: Int
        var burst: Int
        var typingPerSecond: Int
        var joinsPerSecond: Int
    }

    private var events: TokenBucket?
    private var typing: TokenBucket?
    private var joins: TokenBucket?
    private var complainedAt: NIODeadline?

    init(_ rates: Rates) {
        func bucket(_ rate: Int, _ capacity: Int) -> TokenBucket? {
            rate > 0 ? TokenBucket(capacity: max(capacity, 1), refillPerSecond: Double(rate)) : nil
        }
        events = bucket(rates.eventsPerSecond, rates.burst)
        typing = bucket(rates.typingPerSecond, rates.typingPerSecond)
        joins = bucket(rates.joinsPerSecond, rates.joinsPerSecond)
    }

    enum Verdict: Sendable, Hashable {
        case proceed
        case drop
        /// Drop it and say so: at most once a second.
        case dropAndComplain
    }

    func event(_ name: String) -> Verdict {
        // Lifted limits cost no look at the clock.
        guard events != nil || typing != nil || joins != nil else { return .proceed }
        return event(name, at: .now())
    }

    func event(_ name: String, at now: NIODeadline) -> Verdict {
        var isAllowed = Self.take(&events, now)
        switch name {
        case "typing:start", "typing:stop": isAllowed = Self.take(&typing, now) && isAllowed
        case "conversation:join": isAllowed = Self.take(&joins, now) && isAllowed
        default: break
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
