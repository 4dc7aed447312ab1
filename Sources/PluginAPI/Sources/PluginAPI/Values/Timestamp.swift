import Glibc

/// An instant with the precision the store and the wire share: whole milliseconds since 1970-01-01T00:00:00Z.
public struct Timestamp: Sendable, Hashable {
    /// Milliseconds since the epoch; negative before it.
    public let milliseconds: Int64

    /// Makes the instant that many milliseconds after the epoch.
    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// 1970-01-01T00:00:00Z.
    public static let epoch = Timestamp(milliseconds: 0)

    /// The system's wall clock, truncated to milliseconds. Code with rules about time takes a ``WallClock`` instead.
    public static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// This instant moved by milliseconds; stops at the ends of the range.
    public func adding(milliseconds delta: Int64) -> Timestamp {
        let (sum, overflow) = milliseconds.addingReportingOverflow(delta)
        return Timestamp(milliseconds: overflow ? (delta < 0 ? .min : .max) : sum)
    }

    /// The whole milliseconds from `earlier` to this instant; stops at the ends of the range.
    public func milliseconds(since earlier: Timestamp) -> Int64 {
        let (difference, overflow) = milliseconds.subtractingReportingOverflow(earlier.milliseconds)
        return overflow ? (milliseconds < 0 ? .min : .max) : difference
    }
}

extension Timestamp: Comparable {
    /// Whether the left instant is the earlier one.
    public static func < (lhs: Timestamp, rhs: Timestamp) -> Bool {
        lhs.milliseconds < rhs.milliseconds
    }
}

extension Timestamp {
    /// The instant a duration later; parts of a millisecond are dropped.
    public static func + (lhs: Timestamp, rhs: Duration) -> Timestamp {
        lhs.adding(milliseconds: rhs.wholeMilliseconds)
    }

    /// The instant a duration earlier; parts of a millisecond are dropped.
    public static func - (lhs: Timestamp, rhs: Duration) -> Timestamp {
        let delta = rhs.wholeMilliseconds
        return lhs.adding(milliseconds: delta == .min ? .max : -delta)
    }

    /// The time from the right instant to the left one.
    public static func - (lhs: Timestamp, rhs: Timestamp) -> Duration {
        .milliseconds(lhs.milliseconds(since: rhs))
    }

    /// Moves the instant later; parts of a millisecond are dropped.
    public static func += (lhs: inout Timestamp, rhs: Duration) {
        lhs = lhs + rhs
    }

    /// Moves the instant earlier; parts of a millisecond are dropped.
    public static func -= (lhs: inout Timestamp, rhs: Duration) {
        lhs = lhs - rhs
    }
}

extension Timestamp: CustomStringConvertible {
    /// The instant as ISO 8601 text.
    public var description: String { iso8601 }
}
