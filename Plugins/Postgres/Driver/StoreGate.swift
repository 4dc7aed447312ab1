import Synchronization

/// Keeps requests out while the store must not be used, though the database could be reached.
final class StoreGate: Sendable {
    private let isShut = Atomic(false)
    private let why = Mutex<String?>(nil)

    /// Why requests are kept out; nil: they are not.
    var reason: String? { isShut.load(ordering: .acquiring) ? why.withLock { $0 } : nil }

    /// Shuts it for a reason; nil opens it.
    func set(_ reason: String?) {
        why.withLock { why in
            why = reason
            isShut.store(reason != nil, ordering: .releasing)
        }
    }

    /// Throws ``PostgresFailure`` while it is shut.
    func check() throws(PostgresFailure) {
        guard let reason else { return }
        throw PostgresFailure(kind: .connection, message: reason)
    }
}
