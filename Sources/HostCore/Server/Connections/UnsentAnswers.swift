import Logging
import Metrics
import NIOCore
import NIOPosix
import PluginAPI
import Synchronization

/// The answers that wait for their readers, in all connections of the process together, within a bound.
///
/// When it is reached, those that have waited longest are given up first; while that gives no room, large answers are
/// refused before they are sent.
final class UnsentAnswers: Sendable {
    /// An answer of at most this many bytes is never refused: a refusal is one itself.
    static let smallAnswer = 4_096
    /// How long a reader may take before it can be given up for others.
    private static let patience = TimeAmount.seconds(2)
    /// The allocator keeps what was freed; from this much on it is worth asking it to give that back.
    private static let trimFrom = 32 * 1024 * 1024

    private struct Entry {
        var byteCount: Int
        var since: NIODeadline
        /// A connection of HTTP/1.1 or a stream of HTTP/2.
        var channel: any Channel
        var isLeaving = false
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        /// Of those that were given up and are not gone yet.
        var leaving = 0
        var peak = 0
        var isFull = false
    }

    private let state = Mutex(State())
    private let total = Atomic(0)
    private let limit: Atomic<Int>
    private let logger: Logger
    private let gauge: Gauge?

    /// - Parameters:
    ///   - limit: in bytes.
    ///   - gauge: shows how much waits.
    init(limit: Int, logger: Logger, gauge: Gauge? = nil) {
        self.gauge = gauge
        self.limit = Atomic(limit)
        self.logger = logger
    }

    /// Bytes that wait now.
    var byteCount: Int { total.load(ordering: .relaxed) }

    func follow(limit: Int) { self.limit.store(limit, ordering: .relaxed) }

    /// Whether an answer may be sent. Gives up slow readers if that is needed for it.
    func hasRoom(for byteCount: Int, at now: NIODeadline = .now()) -> Bool {
        let limit = limit.load(ordering: .relaxed)
        guard byteCount > Self.smallAnswer, total.load(ordering: .relaxed) + byteCount > limit else { return true }
        let (hasRoom, slow, isNews) = state.withLock { state -> (Bool, [any Channel], Bool) in
            let slow = Self.giveUp(&state, need: byteCount, limit: limit, at: now)
            let isNews = !exchange(&state.isFull, with: true)
            return (total.load(ordering: .relaxed) - state.leaving + byteCount <= limit, slow, isNews)
        }
        if isNews {
            logger.warning(
                "Answers that are not read have reached server.max_unsent_bytes; the slowest readers are disconnected",
                metadata: ["limit": "\(limit)"])
        }
        for channel in slow { channel.close(promise: nil) }
        return hasRoom
    }

    /// Counts an answer, or a piece of one, until ``release(_:)``.
    ///
    /// - Parameter owner: holds one at a time.
    func hold(_ owner: AnyObject, _ byteCount: Int, of channel: any Channel, at now: NIODeadline = .now()) {
        let id = ObjectIdentifier(owner)
        state.withLock { state in
            drop(id, &state)
            state.entries[id] = Entry(byteCount: byteCount, since: now, channel: channel)
            state.peak = max(state.peak, total.add(byteCount, ordering: .relaxed).newValue)
        }
        gauge?.record(self.byteCount)
    }

    /// The owner's answer was taken, or its reader is gone.
    func release(_ owner: AnyObject) {
        let limit = limit.load(ordering: .relaxed)
        let (isOver, isWorthTrimming) = state.withLock { state -> (Bool, Bool) in
            guard drop(ObjectIdentifier(owner), &state) else { return (false, false) }
            let left = total.load(ordering: .relaxed)
            let isOver = state.isFull && left <= limit / 2
            if isOver { state.isFull = false }
            guard state.peak >= Self.trimFrom, left <= state.peak / 8 else { return (isOver, false) }
            state.peak = left
            return (isOver, true)
        }
        gauge?.record(byteCount)
        if isOver { logger.warning("Answers are read again; server.max_unsent_bytes is no longer reached") }
        if isWorthTrimming { NIOThreadPool.singleton.submit { _ in FreedMemory.giveBack() } }
    }

    @discardableResult
    private func drop(_ id: ObjectIdentifier, _ state: inout State) -> Bool {
        guard let entry = state.entries.removeValue(forKey: id) else { return false }
        total.subtract(entry.byteCount, ordering: .relaxed)
        if entry.isLeaving { state.leaving -= entry.byteCount }
        return true
    }

    /// Marks the readers that have waited longest, until three quarters of the limit would be in use.
    private static func giveUp(_ state: inout State, need: Int, limit: Int, at now: NIODeadline) -> [any Channel] {
        var left = state.entries.values.reduce(need) { $0 + ($1.isLeaving ? 0 : $1.byteCount) }
        let slow = state.entries.filter { !$0.value.isLeaving && $0.value.since + patience <= now }
            .sorted { $0.value.since < $1.value.since }
        var channels: [any Channel] = []
        for (id, entry) in slow {
            guard left > limit / 4 * 3 else { break }
            state.entries[id]?.isLeaving = true
            state.leaving += entry.byteCount
            left -= entry.byteCount
            channels.append(entry.channel)
        }
        return channels
    }
}
