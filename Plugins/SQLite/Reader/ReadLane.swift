import Dispatch
import GRDB
import PluginAPI
import Synchronization

/// Short reads, one after the other on one reading connection: those that wait while one runs follow it without another
/// change of threads.
final class ReadLane: Sendable {
    private typealias Read = @Sendable (Result<Connection, any Error>) -> Void

    private struct State {
        var waiting: [Read] = []
        var isDraining = false
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "replyhq.sqlite.reads", qos: .userInitiated)
    private let pool: DatabasePool

    init(pool: DatabasePool) {
        self.pool = pool
    }

    /// Throws what the body throws, or why there is no connection.
    func run<Value: Sendable>(_ body: @escaping @Sendable (Connection) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            enqueue { connection in
                continuation.resume(with: Result { try body(connection.get()) })
            }
        }
    }

    private func enqueue(_ read: @escaping Read) {
        let mustDrain = state.withLock { state in
            state.waiting.append(read)
            defer { state.isDraining = true }
            return !state.isDraining
        }
        if mustDrain { queue.async { self.drain() } }
    }

    private func drain() {
        do {
            try pool.unsafeRead { database in
                let connection = Connection(database: database)
                while let reads = next() {
                    for read in reads { read(.success(connection)) }
                }
            }
        } catch {
            // No connection was to be had: the database is closed, or cannot be read.
            while let reads = next() {
                for read in reads { read(.failure(error)) }
            }
        }
    }

    /// What waits; nil once nothing does, and then the next read starts a drain of its own.
    private func next() -> [Read]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isDraining = false
                return nil
            }
            defer { state.waiting = [] }
            return state.waiting
        }
    }
}
