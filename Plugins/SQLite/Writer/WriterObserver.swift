import GRDB
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
    private struct State {
        var latch: FaultLatch
        /// Nothing but another process's lock was in the way: one commit shows that it has gone.
        var isLock = false
    }

    private let state: Mutex<State>
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
        state = Mutex(State(latch: latch))
        self.changed = changed
    }

    /// Why writing fails; nil: it is not known to.
    var reason: String? { state.withLock { $0.latch.reason } }

    /// Whether it is worth while to try whether writing works again.
    var isProbeDue: Bool { state.withLock { $0.latch.isProbeDue(at: .now) } }

    func committed(_ count: Int, in duration: Duration) {
        batchSize.record(count)
        commitTime.record(duration: duration)
        if state.withLock({ $0.isLock && $0.latch.ended(at: .now) }) { changed(nil) }
    }

    func failed(_ error: any Error) {
        failures.increment()
        let code = (error as? DatabaseError)?.resultCode
        note("\(StoreTrouble(error))", isLock: code == .SQLITE_BUSY || code == .SQLITE_LOCKED)
    }

    /// A probe succeeded: ``isProbeDue``, and what failed before works.
    func probed() {
        if state.withLock({ $0.latch.succeeded(at: .now) }) { changed(nil) }
    }

    /// A look at the files or a probe has failed.
    func note(_ reason: String, isLock: Bool = false) {
        let isNews = state.withLock { state in
            let isNews = state.latch.failed(reason, at: .now)
            state.isLock = isLock && (isNews || state.isLock)
            return isNews
        }
        if isNews { changed(reason) }
    }
}
