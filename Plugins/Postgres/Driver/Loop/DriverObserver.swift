import Metrics
import PluginAPI

/// Counts batches, and tells once when the database cannot be used and once when it can again.
struct DriverObserver {
    static let help = [
        "replyhq_postgres_batch_writes": "Writes that were committed together.",
        "replyhq_postgres_commit_seconds": "From sending a batch to its acknowledgement.",
        "replyhq_postgres_waiting_writes": "Writes that have not been sent yet.",
        "replyhq_postgres_failed_requests_total": "Requests that the database did not answer as it should.",
        "replyhq_postgres_connections_lost_total": "Connections to the database that broke.",
    ]

    private let batchSize: Recorder
    private let commitTime: Metrics.Timer
    private let waitingWrites: Gauge
    private let failedRequests: Counter
    private let reconnects: Counter
    private let faults: WriteFaults
    private let changed: @Sendable (_ failure: String?) -> Void
    /// The connections that requests suffered from.
    private var troubled: Set<Int> = []
    private var lastWaiting = 0

    /// - Parameters:
    ///   - faults: Hears what requests failed with.
    ///   - changed: Called on the driver's thread with what went wrong, and with nil when all is well again.
    init(
        metrics: any MetricsFactory, faults: WriteFaults, changed: @escaping @Sendable (_ failure: String?) -> Void
    ) {
        self.faults = faults
        batchSize = Recorder(label: "replyhq_postgres_batch_writes", factory: metrics)
        commitTime = Metrics.Timer(label: "replyhq_postgres_commit_seconds", factory: metrics)
        waitingWrites = Gauge(label: "replyhq_postgres_waiting_writes", factory: metrics)
        failedRequests = Counter(label: "replyhq_postgres_failed_requests_total", factory: metrics)
        reconnects = Counter(label: "replyhq_postgres_connections_lost_total", factory: metrics)
        self.changed = changed
    }

    func committed(_ count: Int, in time: TimeAmount) {
        batchSize.record(count)
        commitTime.recordNanoseconds(time.nanoseconds)
    }

    func failed(_ failure: PostgresFailure) {
        failedRequests.increment()
        faults.failed(failure)
    }

    func dropped() { reconnects.increment() }

    mutating func waiting(_ count: Int) {
        guard count != lastWaiting else { return }
        lastWaiting = count
        waitingWrites.record(count)
    }

    mutating func suffered(_ connection: Int, _ failure: PostgresFailure) {
        let isNews = troubled.isEmpty
        troubled.insert(connection)
        if isNews { changed("\(failure)") }
    }

    mutating func recovered(_ connection: Int) {
        guard troubled.remove(connection) != nil, troubled.isEmpty else { return }
        changed(nil)
    }
}
