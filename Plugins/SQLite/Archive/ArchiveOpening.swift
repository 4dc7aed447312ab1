import FoundationEssentials
import GRDB
import PluginAPI

/// Opens a file as an archive, alone.
struct ArchiveOpening {
    let path: String
    let purpose: ArchivePurpose

    /// Blocks. Throws ``ArchiveError``, ``StoreStartError`` or what the database says.
    func open() throws -> SQLiteArchive {
        switch purpose {
        case .reading:
            guard FileManager.default.fileExists(atPath: path) else {
                throw ArchiveError(.unusable, "SQLite database \(path): there is no such file")
            }
        case .writing:
            // Makes the file and brings its schema up to date.
            try DatabaseOpening(options: SQLiteOptions(path: path)).open().close()
        }
        let queue = try exclusiveQueue()
        do {
            try queue.inDatabase { try requireCurrentSchema(Connection(database: $0)) }
            return SQLiteArchive(queue: queue, path: path)
        } catch {
            try? queue.close()
            throw error
        }
    }

    /// The lock is taken with the first look at the file, and is not to be had while anybody else has the file open,
    /// such as a server that does nothing at the moment.
    private func exclusiveQueue() throws -> DatabaseQueue {
        let isWritable = purpose == .writing || FileManager.default.isWritableFile(atPath: path)
        var configuration = Configuration()
        configuration.label = "replyhq.sqlite.archive"
        configuration.allowsUnsafeTransactions = true
        configuration.readonly = !isWritable
        configuration.prepareDatabase { database in
            // Not on a file that cannot be written, such as a backup: there is no such lock to be had on it.
            if isWritable { try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL") }
        }
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            // One instant, also where the file could not be locked.
            if purpose == .reading { try queue.inDatabase { try $0.execute(sql: "BEGIN") } }
            return queue
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            throw ArchiveError(
                .unusable, "SQLite database \(path): another process uses it; stop the server that has it open")
        }
    }

    private func requireCurrentSchema(_ connection: Connection) throws {
        let applied = try Migrator(path: path).applied(connection)
        if applied.isEmpty { throw ArchiveError(.unusable, "SQLite database \(path): it is empty") }
        if applied.count < Migration.all.count {
            throw ArchiveError(
                .unusable,
                "SQLite database \(path): its schema is not up to date; run `replyhq migrate apply` with it first")
        }
    }
}
