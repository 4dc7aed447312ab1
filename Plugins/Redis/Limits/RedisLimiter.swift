import PluginAPI
import Synchronization

/// Token buckets in Redis, for all nodes.
///
/// An answer that does not come within the patience is done without, and from then on nobody waits until Redis has
/// answered again: an outage delays the requests of that moment by the patience, and no others. While the connection
/// is known to be down, or Redis to refuse what limits need, nothing is asked.
final class RedisLimiter: SharedLimiter {
    private struct State {
        var takesWrites = false
        /// An answer came too late; a sign of life is awaited.
        var isLate = false
    }

    /// Between two questions for a sign of life, if one could not be asked.
    private static let probePause = TimeAmount.milliseconds(500)

    private let client: RedisClient
    private let prefix: String
    private let patience: TimeAmount
    private let logger: Logger
    private let state = Mutex(State())
    private let pending: PendingTakes

    init(client: RedisClient, prefix: String, patience: Duration, logger: Logger) {
        self.client = client
        self.prefix = prefix + "limit:"
        self.patience = TimeAmount(patience)
        self.logger = logger
        let late = LateCall()
        pending = PendingTakes(on: client.eventLoop) { late.limiter?.cameTooLate() }
        late.limiter = self
        client.observe { [weak self] in self?.changed($0) }
    }

    func take(_ key: String, _ rules: TokenBucket.Rules) async -> TokenBucketOutcome? {
        guard state.withLock({ $0.takesWrites && !$0.isLate }) else { return nil }
        let bucket = TokenBucket(rules)
        let call = RedisScript.Call(
            keys: [prefix + key],
            arguments: [
                Self.microseconds(bucket.interval), Self.microseconds(bucket.burst),
                bucket.debt == 0 ? 0 : Self.microseconds(bucket.debt),
            ])
        return await withCheckedContinuation { continuation in
            let wait = PendingTakes.Wait(continuation, until: .now() + patience)
            pending.add(wait)
            client.commands.send([BucketScripts.take.short(call)]) { [client, logger] result in
                switch result {
                case .failure: wait.resume(nil)
                case .success(let answers):
                    guard let answer = answers.first, answer.refusal?.kind == .refused("NOSCRIPT") else {
                        return Self.finish(wait, answers.first, bucket, logger)
                    }
                    // Forgotten by the server since the connection was made.
                    client.commands.send([BucketScripts.take.long(call)]) { result in
                        Self.finish(wait, try? result.get().first, bucket, logger)
                    }
                }
            }
        }
    }

    func giveBack(_ key: String, _ rules: TokenBucket.Rules) {
        guard state.withLock({ $0.takesWrites && !$0.isLate }) else { return }
        let interval = Self.microseconds(TokenBucket(rules).interval)
        let call = RedisScript.Call(keys: [prefix + key], arguments: [interval])
        // Forgotten scripts come back with the next take, and a token with the time.
        client.commands.send([BucketScripts.giveBack.short(call)]) { _ in }
    }

    func close() { pending.close() }

    private static func microseconds(_ nanoseconds: Int64) -> RedisCommand.Argument {
        .integer(max(1, nanoseconds / 1_000))
    }

    private static func finish(
        _ wait: PendingTakes.Wait, _ answer: RESPValue?, _ bucket: TokenBucket, _ logger: Logger
    ) {
        let outcome = answer.flatMap { TokenBucketOutcome($0, of: bucket) }
        if outcome == nil, let refusal = answer?.refusal, !refusal.saysElsewhere {
            logger.debug("Redis did not count a request", metadata: ["error": "\(refusal)"])
        }
        wait.resume(outcome)
    }

    /// The limiter, for what is made before it.
    private final class LateCall: @unchecked Sendable {  // Set once, before anybody calls.
        weak var limiter: RedisLimiter?
    }
}

// MARK: Whether anybody is asked

extension RedisLimiter {
    private func changed(_ status: ClientStatus) {
        state.withLock { state in
            // A new connection has been answered.
            if status.takesWrites, !state.takesWrites { state.isLate = false }
            state.takesWrites = status.takesWrites
        }
    }

    private func cameTooLate() {
        let isNew = state.withLock { !exchange(&$0.isLate, with: true) }
        guard isNew else { return }
        logger.notice("Redis answers too late for limits; each node counts by itself until it is back")
        probe()
    }

    /// Asks all that are needed for a sign of life; it may take its time.
    private func probe() {
        Task { [weak self, client] in
            do throws(RedisFailure) {
                try await client.commands.ping()
                self?.answered()
            } catch {
                client.eventLoop.scheduleTask(in: Self.probePause) { [weak self] in self?.probeAgain() }
            }
        }
    }

    private func probeAgain() {
        // A connection that was lost meanwhile says itself when it is back.
        if state.withLock({ $0.isLate && $0.takesWrites }) { probe() }
    }

    private func answered() {
        guard state.withLock({ exchange(&$0.isLate, with: false) }) else { return }
        logger.notice("Redis answers in time; limits are counted over all nodes again")
    }
}

extension TokenBucketOutcome {
    /// Reads what the script answers of a bucket; nil for anything else.
    fileprivate init?(_ answer: RESPValue, of bucket: TokenBucket) {
        guard let items = answer.items, items.count == 3, let isTaken = items[0].integer, let wait = items[1].integer,
            let missing = items[2].integer, wait >= 0, missing >= 0
        else { return nil }
        let decision: TokenBucket.Decision =
            isTaken == 1
            ? wait == 0 ? .now : .after(.microseconds(wait)) : .rejected(retryAfter: .microseconds(wait))
        let left = max(0, bucket.burst / 1_000 - missing) / max(1, bucket.interval / 1_000)
        self.init(decision: decision, available: Int(left), timeUntilFull: .microseconds(missing))
    }
}
