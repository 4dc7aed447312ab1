import Metrics
import PluginAPI
import Synchronization

/// Hears how the writer fares: counts batches, and tells once when writing began to fail and once when it works again.
final class WriterObserver: Sendable {
    static let help = [
        "replyhq_sqlite_batch_writes": "Writes that were committed together.",
        "replyhq_sqlite_commit_seconds": "What a commit took, with the sync to the disk.",
        "replyhq_sqlite_failed_batches_total": "Batches that could not be committed.",
    ]

    private let batchSize: Recorder
    private let commitTime: Metrics.Timer
    private let failures: Counter
    private let latch: Mutex<FaultLatch>
    private let changed: @Sendable (_ failure: String?) -> Void

    /// - Parameters:
    ///   - latch: how long nothing may fail before writing counts as working again.
    ///   - changed: called with what went wrong, and with nil when a probe has shown that writing works again.
    init(
        metrics: any MetricsFactory, latch: FaultLatch = FaultLatch(),
        changed: @escaping @Sendable (_ failure: String?) -> Void
    ) {
        batchSize = Recorder(label: "replyhq_sqlite_batch_writes", factory: metrics)
        commitTime = Metrics.Timer(label: "replyhq_sqlite_commit_seconds", factory: metrics)
        failures = Counter(label: "replyhq_sqlite_failed_batches_total", factory: metrics)
        self.latch = Mutex(latch)
        self.changed = changed
    }

    /// Why writing fails; nil: it is not known to.
    var reason: String? { latch.withLock { $0.reason } }

    /// Whether it is worth while to try whether writing works again.
    var isProbeDue: Bool { latch.withLock { $0.isProbeDue(at: .now) } }

    func committed(_ count: Int, in duration: Duration) {
        batchSize.record(count)
        commitTime.record(duration: duration)
    }

    func failed(_ error: any Error) {
        failures.increment()
        note("\(StoreTrouble(error))")
    }

    /// A probe succeeded: ``isProbeDue``, and what failed before works.
    func probed() {
        if latch.withLock({ $0.succeeded(at: .now) }) { changed(nil) }
    }

    /// A look at the files or a probe has failed.
    func note(_ reason: String) {
        if latch.withLock({ $0.failed(reason, at: .now) }) { changed(reason) }
    }
}
