import GRDB
import PluginAPI
import Synchronization

/// The one who writes: gathers what is asked for while a transaction is under way into the next one.
///
/// There is no timer. Whoever finds the writer idle starts it, so a lone write waits for nobody, and under load the
/// cost of a durable commit is shared by up to ``batchLimit`` writes.
///
/// Writes that need not be durable have a transaction each, one between two of the others': whoever waits for the disk
/// waits for one of them at most, and carries none of them along.
final class Writer: Sendable {
    /// The most writes in one transaction; bounds how long a reader of the results waits for the commit.
    static let batchLimit = 256
    /// The most writes that may wait. Beyond it callers hear at once that the store is busy.
    static let queueLimit = 10_000

    private struct State {
        var pending = CircularBuffer<any PendingWrite>()
        /// Those that need not be durable.
        var relaxed = CircularBuffer<any PendingWrite>()
        var isRelaxedNext = false
        var isRunning = false
        var isClosed = false
        var closing: [CheckedContinuation<Void, Never>] = []
    }

    private enum Admission {
        case queued, start, full, closed
    }

    private let pool: DatabasePool
    private let state = Mutex(State())
    private let place: DatabasePlace
    private let observer: WriterObserver
    private let memory: ConversationMemory
    private let durability = Durability()

    init(pool: DatabasePool, place: DatabasePlace, observer: WriterObserver) {
        self.place = place
        self.pool = pool
        self.observer = observer
        memory = ConversationMemory()
    }

    /// Runs a body in a transaction and returns once it is durable.
    ///
    /// - Parameters:
    ///   - changesConversations: False promises that no conversation's row is changed.
    ///   - isDurable: False: it does not wait for the disk, and until something durable is written after it, it may be
    ///     lost with the machine's power, though not with this process.
    ///   - committed: Called on the writer after the commit, in the order of the writes, before any of them returns.
    ///   - body: May run a second time after its changes were taken back, when another write of its batch failed.
    func write<Value: Sendable>(
        changesConversations: Bool = true,
        isDurable: Bool = true,
        committed: (@Sendable (Value) -> Void)? = nil,
        _ body: @escaping @Sendable (WriteTransaction) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(
                Write(
                    body, changesConversations: changesConversations, isDurable: isDurable, committed: committed,
                    continuation: continuation))
        }
    }

    /// How many writes wait for a transaction to begin.
    var waitingCount: Int { state.withLock { $0.pending.count + $0.relaxed.count } }

    /// Refuses further writes and returns when all that were accepted have ended.
    func close() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                state.isClosed = true
                if state.isRunning { state.closing.append(continuation) }
                return !state.isRunning
            }
            if isIdle { continuation.resume() }
        }
    }

    private func enqueue(_ write: any PendingWrite) {
        let admission = state.withLock { state -> Admission in
            if state.isClosed { return .closed }
            if state.pending.count + state.relaxed.count >= Self.queueLimit { return .full }
            if write.isDurable { state.pending.append(write) } else { state.relaxed.append(write) }
            if state.isRunning { return .queued }
            state.isRunning = true
            return .start
        }
        switch admission {
        case .queued: break
        case .start: start()
        case .full: write.fail(ChatError(.unavailable, "The store is busy", retryAfter: .seconds(1)))
        case .closed: write.fail(ChatError(.unavailable, "The store is closed"))
        }
    }

    /// What one turn of an event loop has read from many connections is asked for in that turn: all of it shares the
    /// transaction, if the first of them does not begin it.
    private func start() {
        EndOfTurn.run { [self] in pool.asyncWriteWithoutTransaction { self.drain(Connection(database: $0)) } }
    }

    private func drain(_ connection: Connection) {
        while let batch = nextBatch() {
            WriteBatch(batch, on: connection, memory, durability, place: place, observer: observer).commit()
        }
    }

    /// Up to ``batchLimit`` writes in order; nil, and idle again, when there are none.
    private func nextBatch() -> [any PendingWrite]? {
        var closing: [CheckedContinuation<Void, Never>] = []
        let batch = state.withLock { state -> [any PendingWrite]? in
            if !state.relaxed.isEmpty, state.isRelaxedNext || state.pending.isEmpty {
                state.isRelaxedNext = false
                return [state.relaxed.removeFirst()]
            }
            guard !state.pending.isEmpty else {
                state.isRunning = false
                swap(&closing, &state.closing)
                return nil
            }
            state.isRelaxedNext = true
            let count = min(state.pending.count, Self.batchLimit)
            let batch = Array(state.pending.prefix(count))
            state.pending.removeFirst(count)
            return batch
        }
        for continuation in closing { continuation.resume() }
        return batch
    }
}
