import Synchronization

/// Log lines about what may happen thousands of times a second: the first of a kind at once, and then one line for all
/// that followed in each period. Safe from every thread.
public final class LogSummary: Sendable {
    /// What is counted together.
    private struct Kind: Hashable {
        var level: Logger.Level
        var message: String
        var metadata: [String: String]
    }

    private struct Tally {
        var since: Timestamp
        /// In full, as they were when the kind was first noted.
        var details: [String: String]
        var count = 0
    }

    /// The most kinds that are told apart in a period; further ones are counted without their metadata.
    public static let mostKinds = 100
    /// The most characters of a value of the metadata.
    private static let longestValue = 64

    private let logger: Logger
    private let clock: any WallClock
    private let period: TimeAmount
    private let timer: DeadlineTimer
    private let tallies = Mutex<[Kind: Tally]>([:])

    /// Makes a summary that nothing was noted in.
    ///
    /// - Parameter eventLoop: where the lines at the end of a period are written.
    public init(
        logger: Logger, clock: any WallClock, eventLoop: any EventLoop, period: Duration = .seconds(60)
    ) {
        self.logger = logger
        self.clock = clock
        self.period = period.deadlineAmount
        timer = DeadlineTimer(on: eventLoop)
    }

    /// Something happened.
    ///
    /// - Parameters:
    ///   - metadata: what tells kinds apart; what clients chose is cut to 64 characters.
    ///   - details: tells kinds apart by its first 64 characters, too; lines hold the whole of the kind's first one.
    public func note(
        _ level: Logger.Level, _ message: String, _ metadata: [String: String] = [:], details: [String: String] = [:]
    ) {
        guard logger.logLevel <= level else { return }
        let all = metadata.merging(details) { _, detail in detail }
        let kind = Kind(level: level, message: message, metadata: all.mapValues(Self.cut))
        let first = tallies.withLock { tallies -> (Kind, Tally)? in
            var (kind, details) = (kind, details)
            if tallies.count >= Self.mostKinds, tallies[kind] == nil { (kind.metadata, details) = ([:], [:]) }
            guard tallies[kind] == nil else {
                tallies[kind]?.count += 1
                return nil
            }
            let tally = Tally(since: clock.now, details: details)
            tallies[kind] = tally
            return (kind, tally)
        }
        guard let (kind, tally) = first else { return }
        write(kind, tally)
        arm()
    }

    /// Writes what was not written yet.
    public func close() {
        timer.cancel()
        endPeriod()
    }

    private func arm() {
        timer.arm(at: timer.eventLoop.now + period) { [weak self] in
            guard let self else { return }
            if endPeriod() { arm() }
        }
    }

    /// False: there was nothing in it, and nothing is awaited.
    @discardableResult
    private func endPeriod() -> Bool {
        let now = clock.now
        let ended = tallies.withLock { tallies in
            let ended = tallies.filter { $0.value.count > 0 }
            // What went on happening goes on being counted; what did not is news when it happens again.
            tallies = ended.mapValues { Tally(since: now, details: $0.details) }
            return ended
        }
        for (kind, tally) in ended.sorted(by: { $0.key.message < $1.key.message }) { write(kind, tally) }
        return !ended.isEmpty
    }

    private func write(_ kind: Kind, _ tally: Tally) {
        let full = kind.metadata.merging(tally.details) { _, detail in detail }
        var metadata = full.mapValues { Logger.MetadataValue.string($0) }
        if tally.count > 0 {
            metadata["count"] = "\(tally.count)"
            metadata["since"] = .string(tally.since.iso8601)
        }
        logger.log(level: kind.level, "\(kind.message)", metadata: metadata)
    }

    private static func cut(_ value: String) -> String {
        value.utf8.count > longestValue ? String(value.prefix(longestValue)) : value
    }
}
