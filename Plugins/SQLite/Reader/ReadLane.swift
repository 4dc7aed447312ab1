import Dispatch
import GRDB
import PluginAPI
import Synchronization

/// Short reads, one after the other, on one reading connection and a thread that keeps it: those that wait while one
/// runs follow it without another change of threads.
final class ReadLane: Sendable {
    private typealias Read = @Sendable (Result<Connection, any Error>) -> Void

    private struct State {
        var waiting: [Read] = []
        /// The thread sleeps until somebody signals.
        var isIdle = false
        var isClosed = false
    }

    private let state = Mutex(State())
    private let work = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// - Throws: ``StoreStartError`` when the system has no thread to give.
    init(pool: DatabasePool, path: String) throws(StoreStartError) {
        guard DedicatedThread.start(named: "sqlite-reads", { [self] in serve(pool) }) else {
            throw StoreStartError(path, "the system has no thread left to read it with")
        }
    }

    /// Throws what the body throws, or why there is no connection.
    func run<Value: Sendable>(_ body: @escaping @Sendable (Connection) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            enqueue { connection in
                continuation.resume(with: Result { try body(connection.get()) })
            }
        }
    }

    /// Refuses further reads; those that wait are still done.
    func close() {
        state.withLock { $0.isClosed = true }
        work.signal()
    }

    /// Waits for the thread to end, after ``close()``. Blocks; call it once.
    func waitUntilEnded() { ended.wait() }

    private func enqueue(_ read: @escaping Read) {
        let (isClosed, mustWake) = state.withLock { state in
            guard !state.isClosed else { return (true, false) }
            state.waiting.append(read)
            return (false, exchange(&state.isIdle, with: false))
        }
        if isClosed { read(.failure(ChatError(.unavailable, "The store is closed"))) }
        // What one turn of a loop asks for wakes the thread once, and is there when it wakes.
        if mustWake { EndOfTurn.run { self.work.signal() } }
    }

    private func serve(_ pool: DatabasePool) {
        while let waiting = next() {
            do {
                try pool.unsafeRead { database in
                    let connection = Connection(database: database)
                    var reads: [Read]? = waiting
                    while let some = reads {
                        Self.perform(some, on: connection)
                        reads = next()
                    }
                }
            } catch {
                // No connection was to be had: the file cannot be read.
                for read in waiting { read(.failure(error)) }
            }
        }
        ended.signal()
    }

    /// Several share one look at the file and its locks: all were asked for before it, so each sees what was committed
    /// by then. Nobody waits inside.
    private static func perform(_ reads: [Read], on connection: Connection) {
        do {
            // Left open by a read or a COMMIT that failed: it would show the past.
            if connection.isInsideTransaction { try connection.run("ROLLBACK") }
            if reads.count > 1 { try connection.run("BEGIN") }
        } catch {
            for read in reads { read(.failure(error)) }
            return
        }
        for read in reads { read(.success(connection)) }
        // All have their answers and nothing was written: what does not end is taken back before the next read.
        if reads.count > 1 { _ = try? connection.run("COMMIT") }
    }

    /// What waits, once there is something; nil when the lane is closed and empty.
    private func next() -> [Read]? {
        while true {
            let (reads, isClosed) = state.withLock { state in
                state.isIdle = state.waiting.isEmpty && !state.isClosed
                return (exchange(&state.waiting, with: []), state.isClosed)
            }
            if !reads.isEmpty { return reads }
            if isClosed { return nil }
            work.wait()
        }
    }
}
