import Synchronization

/// Lets whoever closes a bus go on: when the last words were taken, or the time is over.
final class Goodbye: Sendable {
    private let continuation: Mutex<CheckedContinuation<Void, Never>?>

    init(_ continuation: CheckedContinuation<Void, Never>) {
        self.continuation = Mutex(continuation)
    }

    func end() { continuation.withLock { $0.take() }?.resume() }
}
