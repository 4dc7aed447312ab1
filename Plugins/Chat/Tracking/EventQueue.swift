import PluginAPI

/// Tracked events on their way to the store. A value: the time is an argument.
///
/// A batch is due when 50 events wait or the first of them has waited for the interval. One batch is under way at a
/// time; a batch that failed is tried again, later each time, and given up only when the store refuses it for good.
struct EventQueue: Sendable {
    /// Why a batch could not be stored.
    enum Failure: Sendable {
        /// The store is away or full: try until it is back.
        case passing
        /// Something in the batch: try a few times.
        case lasting
    }

    private static let threshold = 50
    private static let batchLimit = 500
    private static let lastingAttempts = 5
    private static let longestPause = TimeAmount.seconds(30)

    private let capacity: Int
    private let interval: TimeAmount
    private var waiting: [TrackedEvent] = []
    /// When the first of those that wait arrived.
    private var waitingSince: NIODeadline?
    /// The batch under way, or waiting for its next attempt.
    private var batch: [TrackedEvent] = []
    private var isUnderWay = false
    private var failures = 0
    private var dueAt: NIODeadline?

    init(capacity: Int, interval: Duration) {
        self.capacity = capacity
        self.interval = TimeAmount(interval)
    }

    var count: Int { waiting.count + batch.count }

    /// When there is something to do; nil while there is nothing, or a batch is under way.
    var nextDue: NIODeadline? { isUnderWay ? nil : dueAt }

    /// False: the queue is full.
    mutating func append(_ event: TrackedEvent, at now: NIODeadline) -> Bool {
        guard count < capacity else { return false }
        if waiting.isEmpty { waitingSince = now }
        waiting.append(event)
        if batch.isEmpty { dueAt = nextBatchDue(at: now) }
        return true
    }

    /// The events to store now, if any; report how it went.
    /// - Parameter force: take what there is, due or not.
    mutating func begin(at now: NIODeadline, force: Bool = false) -> [TrackedEvent]? {
        guard !isUnderWay, count > 0, force || dueAt.map({ $0 <= now }) ?? false else { return nil }
        if batch.isEmpty {
            batch = Array(waiting.prefix(Self.batchLimit))
            waiting.removeFirst(batch.count)
            if waiting.isEmpty { waitingSince = nil }
        }
        isUnderWay = true
        return batch
    }

    mutating func succeeded(at now: NIODeadline) {
        finishBatch(at: now)
    }

    /// - Returns: how many events were given up.
    mutating func failed(_ failure: Failure, at now: NIODeadline) -> Int {
        failures += 1
        isUnderWay = false
        if failure == .lasting && failures >= Self.lastingAttempts {
            let lost = batch.count
            finishBatch(at: now)
            return lost
        }
        dueAt = now + min(.seconds(1 << Int64(min(failures - 1, 5))), Self.longestPause)
        return 0
    }

    private mutating func finishBatch(at now: NIODeadline) {
        batch = []
        isUnderWay = false
        failures = 0
        dueAt = nextBatchDue(at: now)
    }

    private func nextBatchDue(at now: NIODeadline) -> NIODeadline? {
        waiting.count >= Self.threshold ? now : waitingSince.map { $0 + interval }
    }
}
