import Metrics
import PluginAPI
import Synchronization

/// Hears how the writer fares: counts batches and tells when writing began to fail and when it works again.
final class WriterObserver: Sendable {
    static let help = [
        "replyhq_sqlite_batch_writes": "Writes that were committed together.",
        "replyhq_sqlite_commit_seconds": "What a commit took, with the sync to the disk.",
        "replyhq_sqlite_failed_batches_total": "Batches that could not be committed.",
    ]

    private let batchSize: Recorder
    private let commitTime: Metrics.Timer
    private let failures: Counter
    private let isFailing = Mutex(false)
    private let changed: @Sendable (_ failure: String?) -> Void

    /// - Parameter changed: called on the writer with what went wrong, and with nil when a commit succeeds again.
    init(metrics: any MetricsFactory, changed: @escaping @Sendable (_ failure: String?) -> Void) {
        batchSize = Recorder(label: "replyhq_sqlite_batch_writes", factory: metrics)
        commitTime = Metrics.Timer(label: "replyhq_sqlite_commit_seconds", factory: metrics)
        failures = Counter(label: "replyhq_sqlite_failed_batches_total", factory: metrics)
        self.changed = changed
    }

    func committed(_ count: Int, in duration: Duration) {
        batchSize.record(count)
        commitTime.record(duration: duration)
        let isOver = isFailing.withLock { isFailing in
            defer { isFailing = false }
            return isFailing
        }
        if isOver { changed(nil) }
    }

    func failed(_ error: any Error) {
        failures.increment()
        let isNews = isFailing.withLock { isFailing in
            defer { isFailing = true }
            return !isFailing
        }
        if isNews { changed("\(error)") }
    }
}
