import GRDB
import GRDBSQLite
import PluginAPI

/// Opens the database as the store needs it: WAL, every commit synced to the disk, schema up to date.
struct DatabaseOpening {
    /// RETURNING, STRICT tables and JSON functions are all in from this version on.
    private static let oldestLibrary: Int32 = 3_038_000

    let options: SQLiteOptions
    /// Hears of the schema's steps.
    var progress: (SchemaProgress) -> Void = { _ in }

    /// Blocks; not for the cooperative pool or an event loop. Throws ``StoreStartError``.
    func open() throws(StoreStartError) -> DatabasePool {
        do {
            guard sqlite3_libversion_number() >= Self.oldestLibrary else {
                let found = String(cString: sqlite3_libversion())
                throw StoreStartError(options.path, "needs SQLite 3.38 or newer, this system has \(found)")
            }
            PrivateFile.makeIfMissing(options.path)
            let pool = try DatabasePool(path: options.path, configuration: configuration)
            do {
                try prepareWriter(of: pool)
                return pool
            } catch {
                try? pool.close()
                throw error
            }
        } catch {
            throw .translating(error, path: options.path)
        }
    }

    private var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "replyhq.sqlite"
        configuration.busyMode = .timeout(options.busyTimeout / .seconds(1))
        // One more for the short reads, whose lane keeps it.
        configuration.maximumReaderCount = options.readers + 1
        configuration.persistentReadOnlyConnections = true
        // The writer makes its own transactions and takes back what failed; see WriteBatch.
        configuration.allowsUnsafeTransactions = true
        return configuration
    }

    private func prepareWriter(of pool: DatabasePool) throws {
        try pool.writeWithoutTransaction { database in
            // Only now: GRDB itself sets NORMAL when it turns WAL on, and a FULL from before would be lost.
            try database.execute(sql: "PRAGMA synchronous = FULL")
            guard try Int.fetchOne(database, sql: "PRAGMA synchronous") == 2,
                try String.fetchOne(database, sql: "PRAGMA journal_mode") == "wal"
            else {
                let problem = "refuses synchronous = FULL in WAL mode, so nothing would be durable"
                throw StoreStartError(options.path, problem)
            }
            // 16 MB: a checkpoint syncs the main file, so a rarer one costs less than it delays.
            try database.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
            try database.execute(sql: "PRAGMA cache_size = -16384")
            try Migrator(path: options.path, progress: progress).migrate(Connection(database: database))
        }
    }
}
