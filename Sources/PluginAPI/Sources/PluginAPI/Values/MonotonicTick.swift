/// A 60-bit number made of 48 bits of milliseconds and a 12-bit counter, larger than every one before it.
///
/// When the clock stands still or goes back the counter carries on, and after 4096 numbers it runs over into the
/// milliseconds: numbers borrow from the future instead of repeating.
public struct MonotonicTick: Sendable, Hashable {
    private var last: UInt64 = 0

    /// Makes a source that has given out nothing yet.
    public init() {}

    /// The next number; its upper 48 of 60 bits are milliseconds, the lower 12 the counter.
    public mutating func next(at now: Timestamp) -> UInt64 {
        let milliseconds = UInt64(clamping: now.milliseconds) & 0xFFFF_FFFF_FFFF
        last = max(last + 1, milliseconds << 12)
        return last & 0xFFF_FFFF_FFFF_FFFF
    }
}
