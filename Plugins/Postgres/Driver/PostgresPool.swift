import Metrics
import PluginAPI

/// The connections to one PostgreSQL database: a few that write in batches, a few that read, all driven by one thread.
///
/// What is promised:
/// - A write that returns is committed. One that throws is not stored, with one exception: when the connection goes
///   away between sending and the acknowledgement nobody can know. It throws `unavailable` like the others and is never
///   repeated here, so a caller must be able to repeat it without doing it twice.
/// - Writes of equal lanes happen in the order in which they were asked for, on one connection.
/// - Writes under way at the same time share a transaction, but not their fate: if one fails, all are taken back and
///   each gets a transaction of its own.
/// - Everything is bounded: how many wait, for how long, how long a statement runs and how long the server may be
///   silent. Beyond it callers hear `unavailable`.
final class PostgresPool: Sendable {
    let inbox: DriverInbox
    let queueTimeout: TimeAmount
    /// Whether each request says whose rows it sees.
    let namesTenant: Bool
    /// Keeps all requests out but ``maintain(in:_:decode:)``.
    let gate = StoreGate()
    /// What requests failed with though there was a connection.
    let faults = WriteFaults()
    private let ending: DriverEnding
    private let probes: [LaneKey]

    private init(inbox: DriverInbox, options: PostgresOptions, ending: DriverEnding) {
        self.inbox = inbox
        self.ending = ending
        namesTenant = options.hasRowSecurity
        queueTimeout = .nanoseconds(Int64(options.queueTimeout / .nanoseconds(1)))
        probes = (0..<options.writeConnections).compactMap { index in
            (0..<1_000).lazy.map { LaneKey("probe \($0)") }
                .first { $0.connection(of: options.writeConnections) == index }
        }
    }

    deinit { _ = inbox.post(.close(by: .now())) }

    /// Makes all connections, each within its `connect_timeout` per host.
    ///
    /// - Parameters:
    ///   - isPatient: Whether to return at once instead, and to try for as long as it takes.
    ///   - metrics: Where batch sizes and commit times are recorded.
    ///   - changed: Called on the driver's thread with what went wrong when the database cannot be used, and with nil
    ///     when it can again.
    /// - Throws: ``PostgresFailure``, if one of them cannot be made.
    static func open(
        _ options: PostgresOptions,
        isPatient: Bool = false,
        metrics: any MetricsFactory = NOOPMetricsHandler.instance,
        changed: @escaping @Sendable (_ failure: String?) -> Void = { _ in }
    ) async throws -> PostgresPool {
        guard let inbox = DriverInbox(limit: options.queueLimit) else { throw exhausted }
        let ending = DriverEnding()
        let pool = PostgresPool(inbox: inbox, options: options, ending: ending)
        let faults = pool.faults
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let isStarted = DedicatedThread.start(named: "pg-driver") {
                defer { ending.happened() }
                let failed: @Sendable (PostgresFailure) -> Void = { continuation.resume(throwing: $0) }
                guard let poller = Poller() else { return failed(exhausted) }
                let observer = DriverObserver(metrics: metrics, faults: faults, changed: changed)
                let loop = DriverLoop(inbox: inbox, poller: poller, options: options, observer: observer) { failure in
                    if isPatient { return }
                    if let failure { failed(failure) } else { continuation.resume() }
                }
                if isPatient { continuation.resume() }
                loop.run()
            }
            if !isStarted { continuation.resume(throwing: exhausted) }
        }
        return pool
    }

    private static let exhausted = PostgresFailure(
        kind: .connection, message: "the system has no threads or files left")

    /// Refuses what comes, finishes what was accepted, and closes the connections.
    ///
    /// - Parameter bound: After that long whoever still waits hears that the store is closed.
    func close(within bound: Duration = .seconds(10)) async {
        guard inbox.post(.close(by: .now() + .nanoseconds(Int64(bound / .nanoseconds(1))))) else { return }
        await ending.wait()
    }

    /// Asks over a reading and every writing connection; throws `unavailable` when one does not answer or would not
    /// write, or requests are known to fail.
    func checkHealth() async throws {
        guard let trouble = await trouble() else { return }
        let reason = "The store cannot be used at the moment"
        throw ChatError(.unavailable, reason, retryAfter: .seconds(1), underlying: trouble)
    }

    /// What is wrong, in the database's own words; nil: nothing.
    func trouble() async -> StoreTrouble? {
        if let reason = gate.reason ?? faults.reason { return StoreTrouble(description: reason) }
        let question = Step(Statement("probe", "SELECT current_setting('transaction_read_only')"))
        do {
            _ = try await read([question]) { _ in true }
            for lane in probes {
                let isReadOnly = try await write(in: lane, [question]) { $0.first?.first { $0.text(0) } == "on" }
                if isReadOnly { return StoreTrouble(description: "the database takes no writes: it is read-only") }
            }
            return nil
        } catch {
            return StoreTrouble(description: ErrorText.cause(of: error))
        }
    }

    /// How many writes wait to be sent.
    var waitingWrites: Int { inbox.waitingWrites }
}

/// Why the store cannot be used, in words for the operator.
struct StoreTrouble: Error, Sendable, CustomStringConvertible {
    let description: String
}
