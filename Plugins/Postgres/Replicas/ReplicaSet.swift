import Metrics
import PluginAPI
import Synchronization

/// Reads that a replica may answer: each sees everything that was committed when it was asked, as on the primary.
///
/// The primary is asked for its position, for many reads at once; the read is sent to a replica when that has replayed
/// so much, and makes sure of it by itself. Whatever a replica does not answer, the primary does.
final class ReplicaSet: Sendable {
    static let help = [
        "replyhq_postgres_replica_reads_total": "Reads that a replica answered.",
        "replyhq_postgres_replica_reads_passed_on_total": "Reads that went to the primary, as no replica could answer.",
    ]

    private let primary: PostgresPool
    private let position: PrimaryPosition
    private let replicas: [Replica]
    private let watches: [Task<Void, Never>]
    private let served: Counter
    private let passedOn: Counter

    /// - Parameter changed: Called with the replica's address and why it is not in use, or nil when it is.
    static func open(
        _ options: PostgresOptions,
        primary: PostgresPool,
        metrics: any MetricsFactory = NOOPMetricsHandler.instance,
        changed: @escaping @Sendable (_ replica: String, _ failure: String?) -> Void = { _, _ in }
    ) async throws -> ReplicaSet {
        var replicas: [Replica] = []
        for connection in options.replicas {
            let trouble = Trouble()
            let pool = try await PostgresPool.open(
                options.reading(from: connection), isPatient: true, changed: { trouble.text = $0 })
            replicas.append(Replica(name: connection.summary, pool: pool, trouble: trouble))
        }
        return ReplicaSet(replicas, primary, limit: options.replicaLagLimit, metrics, changed)
    }

    private init(
        _ replicas: [Replica], _ primary: PostgresPool, limit: Duration, _ metrics: any MetricsFactory,
        _ changed: @escaping @Sendable (String, String?) -> Void
    ) {
        self.primary = primary
        self.replicas = replicas
        position = PrimaryPosition(primary)
        served = Counter(label: "replyhq_postgres_replica_reads_total", factory: metrics)
        passedOn = Counter(label: "replyhq_postgres_replica_reads_passed_on_total", factory: metrics)
        watches = replicas.map { replica in
            let watch = ReplicaWatch(replica: replica, primary: primary, limit: limit) { changed(replica.name, $0) }
            return Task { await watch.run() }
        }
    }

    deinit { for watch in watches { watch.cancel() } }

    /// Runs steps that change nothing, on a replica if one can.
    ///
    /// - Throws: as ``PostgresPool/read(_:of:decode:)`` of the primary.
    func read<Value: Sendable>(
        _ steps: [Step],
        of app: AppID?,
        decode: @escaping @Sendable ([Rows]) throws -> Value
    ) async throws -> Value {
        guard let replica = leastLoaded(), let target = try await target() else {
            return try await primary.read(steps, of: app, decode: decode)
        }
        do {
            let value = try await replica.read(steps, of: app, from: target, decode: decode)
            served.increment()
            return value
        } catch {
            try Task.checkCancellation()
            passedOn.increment()
            return try await primary.read(steps, of: app, decode: decode)
        }
    }

    /// Nil: the primary cannot say, as when it is itself in recovery. One that cannot be reached is not asked twice.
    private func target() async throws -> WALPosition? {
        do {
            return try await position.next()
        } catch let error as ChatError where error.code != .unavailable {
            return nil
        }
    }

    /// Ends the connections to all replicas.
    func close() async {
        for watch in watches { watch.cancel() }
        for replica in replicas { await replica.pool.close(within: .zero) }
    }

    private func leastLoaded() -> Replica? {
        var best: (replica: Replica, load: Int)?
        for replica in replicas {
            guard let load = replica.load else { continue }
            if best.map({ load < $0.load }) ?? true { best = (replica, load) }
        }
        return best?.replica
    }
}
