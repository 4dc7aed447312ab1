import Synchronization

/// Tasks that wait for something that others make happen; one that is cancelled stops waiting.
final class WaitingList<Key: Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        var key: Key
        var continuation: CheckedContinuation<Value, any Error>
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var next: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Waits to be resumed.
    ///
    /// - Parameter added: Called once the task waits.
    func wait(for key: Key, added: () -> Void = {}) async throws -> Value {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                state.withLock { $0.entries[number] = Entry(key: key, continuation: continuation) }
                // Cancelled before it was there to be found.
                if Task.isCancelled { cancel(number) }
                added()
            }
        } onCancel: {
            cancel(number)
        }
    }

    /// Ends the waiting of those whose key is of that kind.
    func resume(with result: Result<Value, any Error>, where isMeant: (Key) -> Bool = { _ in true }) {
        let meant = state.withLock { state in
            let meant = state.entries.filter { isMeant($0.value.key) }
            for number in meant.keys { state.entries[number] = nil }
            return meant
        }
        for entry in meant.values { entry.continuation.resume(with: result) }
    }

    var isEmpty: Bool { state.withLock { $0.entries.isEmpty } }

    private func cancel(_ number: UInt64) {
        let entry = state.withLock { $0.entries.removeValue(forKey: number) }
        entry?.continuation.resume(throwing: CancellationError())
    }
}
