import PluginAPI

/// Tracked events on their way to the store, a line for each app. A value: the time is an argument.
///
/// A batch is due when 50 events wait or the first of them has waited for the interval. It holds events of one app, and
/// apps take turns. One batch is under way at a time, and it is small, so that messages pass between two of them. A
/// batch that failed is tried again, later each time; one that the store refuses holds up its own app only, and is given
/// up in the end.
struct EventQueue: Sendable {
    /// Why a batch could not be stored.
    enum Failure: Sendable {
        /// The store is away or full: try until it is back.
        case passing
        /// Something in the batch: try a few times.
        case lasting
    }

    /// What may wait, those under way counted.
    struct Limits: Sendable, Equatable {
        var count: Int
        var bytes: Int
    }

    private static let threshold = 50
    private static let batchLimits = Limits(count: 100, bytes: 262_144)
    private static let lastingAttempts = 5
    private static let longestPause = TimeAmount.seconds(30)

    private let limits: Limits
    private let interval: TimeAmount
    private var lines: [AppID: EventLine] = [:]
    /// The apps whose events wait, in the order of their turns.
    private var turns = CircularBuffer<AppID>()
    /// Those that are left alone after a refusal.
    private var resting: [AppID] = []
    /// How many events wait in lines that have a turn.
    private var readyCount = 0
    private var overdueCount = 0
    /// The batch under way, or waiting for its next attempt.
    private var batch: [TrackedEvent] = []
    private var isUnderWay = false
    private var failures = 0
    private var retryAt: NIODeadline?
    private(set) var count = 0
    private(set) var byteCount = 0

    init(limits: Limits, interval: Duration) {
        self.limits = limits
        self.interval = TimeAmount(interval)
    }

    /// When there is something to do; nil while there is nothing, or a batch is under way.
    var nextDue: NIODeadline? {
        if isUnderWay { return nil }
        if !batch.isEmpty { return retryAt }
        let rested = resting.compactMap { lines[$0]?.restsUntil }.min()
        guard let first = turns.first.flatMap({ lines[$0] }) else { return rested }
        let due = readyCount >= Self.threshold || overdueCount > 0 ? first.since : first.since + interval
        return rested.map { min($0, due) } ?? due
    }

    /// False: the queue has no room for it. An app has no more than what it leaves free, so that one alone takes half
    /// of the queue, and there is always room for another.
    mutating func append(_ event: TrackedEvent, at now: NIODeadline) -> Bool {
        let app = event.device.app
        let (own, ownBytes) = lines[app].map { ($0.count, $0.byteCount) } ?? (0, 0)
        guard own < limits.count - count, ownBytes + event.size <= limits.bytes - byteCount else { return false }
        let isFirst = lines[app]?.waiting.isEmpty ?? true
        lines[app, default: EventLine(since: now)].append(event, at: now)
        if isFirst { turns.append(app) }
        if lines[app]?.restsUntil == nil { readyCount += 1 }
        count += 1
        byteCount += event.size
        return true
    }

    /// The events to store now, if any, all of one app; report how it went.
    /// - Parameter force: take what there is, due or not.
    mutating func begin(at now: NIODeadline, force: Bool = false) -> [TrackedEvent]? {
        guard !isUnderWay, count > 0 else { return nil }
        if batch.isEmpty {
            wake(at: now, all: force && turns.isEmpty)
            guard force || nextDue.map({ $0 <= now }) ?? false, let app = turns.popFirst() else { return nil }
            takeBatch(of: app)
        } else if !force, let retryAt, retryAt > now {
            return nil
        }
        isUnderWay = true
        return batch
    }

    mutating func succeeded() {
        finishBatch()
    }

    /// - Returns: how many events were given up.
    mutating func failed(_ failure: Failure, at now: NIODeadline) -> Int {
        isUnderWay = false
        guard failure == .lasting, let app = batch.first?.device.app else {
            failures += 1
            retryAt = now + Self.pause(after: failures)
            return 0
        }
        let refusals = (lines[app]?.refusals ?? 0) + 1
        guard refusals < Self.lastingAttempts else {
            let lost = batch.count
            finishBatch()
            return lost
        }
        rest(app, until: now + Self.pause(after: refusals), refusals)
        return 0
    }
}

extension EventQueue {
    private static func pause(after failures: Int) -> TimeAmount {
        min(.seconds(1 << Int64(min(failures - 1, 5))), longestPause)
    }

    private mutating func takeBatch(of app: AppID) {
        // Taken out and put back: a line that two places hold is copied when it changes.
        guard var line = lines.removeValue(forKey: app) else { return }
        let wasOverdue = line.isOverdue
        batch = line.take(count: Self.batchLimits.count, bytes: Self.batchLimits.bytes)
        if !line.waiting.isEmpty { turns.append(app) }
        overdueCount += (line.isOverdue ? 1 : 0) - (wasOverdue ? 1 : 0)
        readyCount -= batch.count
        lines[app] = line
    }

    private mutating func finishBatch() {
        if let app = batch.first?.device.app {
            lines[app]?.settle(batch)
            if lines[app]?.count == 0 { lines[app] = nil }
        }
        count -= batch.count
        byteCount -= batch.reduce(0) { $0 + $1.size }
        batch = []
        isUnderWay = false
        failures = 0
        retryAt = nil
    }

    /// Others go on; the refused batch is the first of its app when that has a turn again.
    private mutating func rest(_ app: AppID, until end: NIODeadline, _ refusals: Int) {
        guard var line = lines.removeValue(forKey: app) else { return }
        if !line.waiting.isEmpty { turns.removeAll { $0 == app } }
        if line.isOverdue { overdueCount -= 1 }
        readyCount -= line.waiting.count
        line.putBack(exchange(&batch, with: []))
        (line.refusals, line.restsUntil) = (refusals, end)
        lines[app] = line
        resting.append(app)
        failures = 0
    }

    private mutating func wake(at now: NIODeadline, all: Bool) {
        guard !resting.isEmpty else { return }
        for app in resting {
            guard let line = lines[app], let end = line.restsUntil, all || end <= now else { continue }
            lines[app]?.restsUntil = nil
            readyCount += line.waiting.count
            turns.prepend(app)
        }
        resting.removeAll { lines[$0]?.restsUntil == nil }
    }
}
