import Synchronization

/// Waits once: for the end of the directory's calls or for that of the time, whichever comes first.
final class IdleWait: Sendable {
    private let continuation: Mutex<CheckedContinuation<Bool, Never>?>

    init(_ continuation: CheckedContinuation<Bool, Never>) {
        self.continuation = Mutex(continuation)
    }

    func end(isIdle: Bool) { continuation.withLock { $0.take() }?.resume(returning: isIdle) }
}
