import Synchronization

/// Where code with rules about calendar time reads it, so that tests can turn it by hand.
///
/// A wall clock may jump in either direction; measure intervals and deadlines with a monotonic one.
public protocol WallClock: Sendable {
    /// The present instant.
    var now: Timestamp { get }
}

/// The clock of the machine.
public struct SystemClock: WallClock {
    /// Makes the clock; all of them agree.
    public init() {}

    /// The present instant, at the cost of one `clock_gettime`.
    public var now: Timestamp { .now() }
}

/// A clock that stands still until it is moved. Safe from every thread.
public final class ManualClock: WallClock {
    private let instant: Mutex<Timestamp>

    /// Makes a clock that shows `start`.
    public init(_ start: Timestamp = .epoch) {
        instant = Mutex(start)
    }

    /// What the clock shows.
    public var now: Timestamp { instant.withLock { $0 } }

    /// Moves the clock; a negative duration moves it back.
    public func advance(by duration: Duration) {
        instant.withLock { $0 += duration }
    }

    /// Turns the clock to an instant.
    public func set(to newInstant: Timestamp) {
        instant.withLock { $0 = newInstant }
    }
}
