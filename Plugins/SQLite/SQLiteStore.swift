import GRDB
import Metrics
import PluginAPI

/// The store in one SQLite file: one batching writer, a few readers, nothing acknowledged before it is on the disk.
public final class SQLiteStore: Store {
    let pool: DatabasePool
    let writer: Writer
    private let reads: ReadLane

    /// Opens the file, or makes it, and brings its schema up to date.
    ///
    /// - Parameters:
    ///   - metrics: Where batch sizes and commit times are recorded.
    ///   - writingChanged: Called on the writer with what went wrong when writing fails, and with nil when it works
    ///     again.
    /// - Throws: ``StoreStartError``.
    public static func open(
        _ options: SQLiteOptions,
        metrics: any MetricsFactory = NOOPMetricsHandler.instance,
        writingChanged: @escaping @Sendable (_ failure: String?) -> Void = { _ in }
    ) async throws -> SQLiteStore {
        let pool = try await DedicatedThread.run(named: "sqlite") { try DatabaseOpening(options: options).open() }
        let reads = try ReadLane(pool: pool, path: options.path)
        return SQLiteStore(
            pool: pool, reads: reads, observer: WriterObserver(metrics: metrics, changed: writingChanged))
    }

    private init(pool: DatabasePool, reads: ReadLane, observer: WriterObserver) {
        self.pool = pool
        self.reads = reads
        writer = Writer(pool: pool, observer: observer)
    }

    deinit { reads.close() }

    /// Finishes the accepted writes, refuses new ones, folds the log into the file and closes it.
    public func close() async throws {
        await writer.close()
        reads.close()
        let (pool, reads) = (pool, reads)
        try await DedicatedThread.run(named: "sqlite") {
            reads.waitUntilEnded()
            // Closing the last connection folds the log in too, but silently gives up when it cannot.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            try pool.close()
        }
    }

    /// One process writes the file.
    public var isShared: Bool { false }

    /// Reads and really writes: a full disk or a lost volume shows nowhere else.
    public func checkHealth() async throws {
        _ = try await read { try $0.first("SELECT value FROM message_sequence WHERE id = 1") { $0.integer(0) } }
        try await writer.write(changesConversations: false) { transaction in
            _ = try transaction.connection.run("UPDATE message_sequence SET value = value WHERE id = 1")
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
