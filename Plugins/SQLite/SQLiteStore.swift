import GRDB
import Metrics
import PluginAPI
import Synchronization

/// The store in one SQLite file: one batching writer, a few readers, nothing acknowledged before it is on the disk.
public final class SQLiteStore: Store {
    let pool: DatabasePool
    let writer: Writer
    private let reads: ReadLane
    private let place: DatabasePlace
    private let observer: WriterObserver
    private let lock: ServerLock?
    private let roomProbedAt = Mutex<ContinuousClock.Instant?>(nil)

    /// Opens the file, or makes it, and brings its schema up to date.
    ///
    /// - Parameters:
    ///   - metrics: Where batch sizes and commit times are recorded.
    ///   - latch: How long nothing may fail before writing counts as working again.
    ///   - isServer: Whether the file is to be this server's alone.
    ///   - waiting: Called once when another server has it and is waited for, `busyTimeout` at most.
    ///   - writingChanged: Called with what went wrong when writing fails, and with nil when ``look()`` has found that it
    ///     works again.
    /// - Throws: ``StoreStartError``.
    public static func open(
        _ options: SQLiteOptions,
        metrics: any MetricsFactory = NOOPMetricsHandler.instance,
        latch: FaultLatch = FaultLatch(),
        isServer: Bool = false,
        waiting: @escaping @Sendable () -> Void = {},
        writingChanged: @escaping @Sendable (_ failure: String?) -> Void = { _ in }
    ) async throws -> SQLiteStore {
        let (lock, pool) = try await DedicatedThread.run(named: "sqlite") {
            let lock =
                isServer
                ? try ServerLock.acquire(options.path, patience: options.busyTimeout, waiting: waiting) : nil
            return (lock, try DatabaseOpening(options: options).open())
        }
        let reads = try ReadLane(pool: pool, path: options.path)
        return SQLiteStore(
            pool: pool, reads: reads, place: DatabasePlace(path: options.path), lock: lock,
            observer: WriterObserver(metrics: metrics, latch: latch, changed: writingChanged))
    }

    private init(
        pool: DatabasePool, reads: ReadLane, place: DatabasePlace, lock: ServerLock?, observer: WriterObserver
    ) {
        self.pool = pool
        self.reads = reads
        self.place = place
        self.lock = lock
        self.observer = observer
        writer = Writer(pool: pool, place: place, observer: observer)
    }

    deinit { reads.close() }

    /// Finishes the accepted writes, refuses new ones, folds the log into the file and closes it.
    public func close() async throws {
        await writer.close()
        reads.close()
        let (pool, reads, lock) = (pool, reads, lock)
        try await DedicatedThread.run(named: "sqlite") {
            // Not before: closing any descriptor of the file would take SQLite's own locks away.
            defer { lock?.release() }
            reads.waitUntilEnded()
            // Closing the last connection folds the log in too, but silently gives up when it cannot.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            try pool.close()
        }
    }

    /// One process writes the file.
    public var isShared: Bool { false }

    public func checkHealth() async throws {
        if let trouble = await trouble() { throw ChatError.translating(trouble) }
    }

    /// Reads and really writes: a full disk or a lost volume shows nowhere else. Answers what is wrong, also while writing
    /// is known to fail and this one small write would succeed.
    func trouble() async -> StoreTrouble? {
        if let problem = place.problem { return StoreTrouble(description: problem) }
        do {
            _ = try await read { try $0.first("SELECT value FROM message_sequence WHERE id = 1") { $0.integer(0) } }
            try await writer.write(changesConversations: false) { transaction in
                _ = try transaction.connection.run("UPDATE message_sequence SET value = value WHERE id = 1")
            }
        } catch {
            return StoreTrouble((error as? ChatError)?.underlying ?? error)
        }
        return observer.reason.map { StoreTrouble(description: $0) }
    }

    /// Looks whether the files are where they were, and after a failure or when room gets short whether as much as a
    /// server may need can be written. Call it every second or so, one at a time.
    func look() async {
        if let problem = place.problem { return observer.note(problem) }
        guard observer.reason == nil ? isRoomInDoubt : observer.isProbeDue else { return }
        do {
            let pool = pool
            try await DedicatedThread.run(named: "sqlite-probe") {
                try pool.writeWithoutTransaction { try RoomProbe.run(on: $0) }
            }
            observer.probed()
        } catch {
            observer.note("\(StoreTrouble(error))")
        }
    }

    private var isRoomInDoubt: Bool {
        guard place.isShortOfRoom else { return false }
        return roomProbedAt.withLock { probedAt in
            let now = ContinuousClock.now
            if let probedAt, now - probedAt < .seconds(30) { return false }
            probedAt = now
            return true
        }
    }
}

extension SQLiteStore {
    /// Lends a reading connection for a short read, which sees all that was committed before it was asked for.
    func read<Value: Sendable>(_ body: @escaping @Sendable (Connection) throws -> Value) async throws -> Value {
        do {
            return try await reads.run(body)
        } catch {
            throw ChatError.translating(error)
        }
    }

    /// Lends a reading connection whose statements all see the same instant.
    func snapshot<Value: Sendable>(_ body: @Sendable (Connection) throws -> Value) async throws -> Value {
        do {
            return try await pool.read { try body(Connection(database: $0)) }
        } catch {
            throw ChatError.translating(error)
        }
    }
}
