/// Uses on their way to the store, each device and transport at most once an hour. A value: time is an argument.
///
/// A store that is away for longer may get one twice; it keeps one row for both.
struct UsageQueue: Sendable {
    /// A use that waits; with the software's whole description it would take twice the memory.
    struct Use: Sendable {
        var device: DeviceIdentity
        var software: KnownSoftware
        var at: Timestamp
    }

    /// How long after the first use that waits a batch goes out, and after a failure the next.
    static let delay = TimeAmount.seconds(5)
    static let pause = TimeAmount.seconds(30)
    /// How long a use stands for all others of its device.
    static let freshness: Int64 = 3_600_000
    static let batchLimit = 500

    private let capacity: Int
    private let memory: Int
    /// When each device was noted last, under 64 bits of a hash of it and its transport: names would take ten times as
    /// much memory, and two that share a hash only count as one for an hour.
    private var noted: [Int: Timestamp] = [:]
    private var waiting = CircularBuffer<Use>()
    private var batch: [TransportUse] = []
    private var isUnderWay = false
    private(set) var dueAt: NIODeadline?
    /// Uses that found no room.
    private(set) var droppedCount = 0

    /// - Parameters:
    ///   - capacity: how many uses may wait.
    ///   - memory: how many devices are remembered as noted; a forgotten one is noted again.
    init(capacity: Int = 50_000, memory: Int = 100_000) {
        self.capacity = capacity
        self.memory = memory
    }

    var count: Int { waiting.count + batch.count }

    mutating func note(_ use: Use, at now: NIODeadline) {
        let key = Self.key(of: use)
        if let last = noted[key], Self.covers(last, use.at) { return }
        guard count < capacity else {
            droppedCount += 1
            return
        }
        if noted.count >= memory { forget(at: use.at) }
        noted[key] = use.at
        waiting.append(use)
        if dueAt == nil, !isUnderWay { dueAt = now + Self.delay }
    }

    private static func key(of use: Use) -> Int {
        var hasher = Hasher()
        hasher.combine(use.device)
        hasher.combine(use.software.software.transport)
        return hasher.finalize()
    }

    private static func covers(_ last: Timestamp, _ now: Timestamp) -> Bool {
        now >= last && now.milliseconds(since: last) < freshness
    }

    /// Makes room for at least half of what is remembered, so that it is rarely needed.
    private mutating func forget(at now: Timestamp) {
        noted = noted.filter { Self.covers($0.value, now) }
        if noted.count > memory / 2 { noted = [:] }
    }

    /// The uses to store now, if any; report how it went.
    mutating func begin(at now: NIODeadline, force: Bool = false) -> [TransportUse]? {
        guard !isUnderWay, count > 0, force || dueAt.map({ $0 <= now }) ?? false else { return nil }
        while batch.count < Self.batchLimit, let next = waiting.popFirst() {
            batch.append(TransportUse(device: next.device, software: next.software.software, at: next.at))
        }
        // Gives back what a rush took.
        if waiting.isEmpty { waiting = CircularBuffer() }
        isUnderWay = true
        dueAt = nil
        return batch
    }

    mutating func ended(stored: Bool, at now: NIODeadline) {
        isUnderWay = false
        if stored { batch = [] }
        guard count > 0 else { return }
        dueAt = stored ? now : now + Self.pause
    }
}
