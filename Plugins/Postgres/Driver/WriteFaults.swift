import PluginAPI
import Synchronization

/// Whether the server answers, but cannot do its work: its disk is full or broken, or a right or a table is missing.
final class WriteFaults: Sendable {
    private let latch: Mutex<FaultLatch>

    init(_ latch: FaultLatch = FaultLatch()) {
        self.latch = Mutex(latch)
    }

    /// What is wrong; nil: nothing is known to be.
    var reason: String? { latch.withLock { $0.reason } }

    /// Whether it is worth while to try whether the fault is over.
    var isProbeDue: Bool { latch.withLock { $0.isProbeDue(at: .now) } }

    /// A request failed. Only those count that the next request would fail with as well.
    func failed(_ failure: PostgresFailure) {
        guard failure.kind == .server, failure.state.concernsDatabase else { return }
        let reason = "\(failure.state == .diskFull ? "the disk is full: " : "")\(failure)"
        latch.withLock { _ = $0.failed(reason, at: .now) }
    }

    /// A probe succeeded.
    func probed() { latch.withLock { _ = $0.succeeded(at: .now) } }
}

extension SQLState {
    /// Whether the database is at fault rather than the one request: no room (53100), input and output (class 58), damage
    /// (class XX), a right (42501) or a table (42P01, 42703) that is missing.
    fileprivate var concernsDatabase: Bool {
        text.hasPrefix("58") || text.hasPrefix("XX") || ["53100", "42501", "42P01", "42703"].contains(text)
    }
}
