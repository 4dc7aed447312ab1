import Synchronization

/// Resumes a continuation once, whichever of several events comes first.
final class OneShot: Sendable {
    private let continuation: Mutex<CheckedContinuation<Void, Never>?>

    init(_ continuation: CheckedContinuation<Void, Never>) {
        self.continuation = Mutex(continuation)
    }

    func resume() { continuation.withLock { $0.take() }?.resume() }
}
