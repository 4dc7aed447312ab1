import GRDB
import PluginAPI

/// One SQLite file as an archive. While it is open no other process can use the file, so that nothing changes.
final class SQLiteArchive: StoreArchive {
    let place: String
    private let queue: DatabaseQueue

    init(queue: DatabaseQueue, path: String) {
        self.queue = queue
        place = "SQLite database \(path)"
    }

    func rowCount(of table: ArchiveTable) async throws -> Int64 {
        try await use { connection in
            try connection.first("SELECT count(*) FROM \(table.rawValue)") { $0.integer(0) } ?? 0
        }
    }

    func page(of table: ArchiveTable, after key: ArchiveKey?) async throws -> [ArchiveRow] {
        try await use { connection in
            var rows: [ArchiveRow] = []
            var bytes = 0
            try connection.execute(table.pageStatement(after: key), key?.parts.map(\.bound) ?? []) { row in
                var values: [ArchiveValue] = []
                values.reserveCapacity(table.columns.count)
                for (position, column) in table.columns.enumerated() {
                    values.append(try row.value(CInt(truncatingIfNeeded: position), column, bytes: &bytes))
                }
                rows.append(ArchiveRow(table, values))
                return bytes < ArchivePage.byteLimit
            }
            return rows
        }
    }

    func insert(_ rows: [ArchiveRow], into table: ArchiveTable) async throws {
        try await use { [place] connection in
            let statement = table.insertStatement
            try connection.run("BEGIN IMMEDIATE")
            do {
                for row in rows {
                    do {
                        try connection.execute(statement, row.values.map(\.bound)) { _ in true }
                    } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
                        let why = error.message ?? "\(error.extendedResultCode)"
                        throw ArchiveError(.failed, "\(place): \(table.rawValue) \(row.key) does not fit: \(why)")
                    }
                }
                try connection.run("COMMIT")
            } catch {
                if connection.isInsideTransaction { _ = try? connection.run("ROLLBACK") }
                throw error
            }
        }
    }

    func lastSequence() async throws -> Int64 {
        try await use { connection in
            let counter = try connection.first("SELECT value FROM message_sequence WHERE id = 1") { $0.integer(0) }
            guard let counter else { throw ChatError(.internalError, "The store has lost its message counter") }
            return counter
        }
    }

    func raiseSequence(to number: Int64) async throws {
        try await use { connection in
            _ = try connection.run(
                "UPDATE message_sequence SET value = max(value, ?) WHERE id = 1", .integer(number))
        }
    }

    func close() async {
        let queue = queue
        try? await DedicatedThread.run(named: "sqlite-archive") { try queue.close() }
    }

    /// Lends the connection on a thread that may block.
    private func use<Value: Sendable>(_ body: @escaping @Sendable (Connection) throws -> Value) async throws -> Value {
        let (queue, place) = (queue, place)
        return try await DedicatedThread.run(named: "sqlite-archive") {
            do {
                return try queue.inDatabase { try body(Connection(database: $0)) }
            } catch let error as ArchiveError {
                throw error
            } catch let error as ChatError {
                throw ArchiveError(.failed, "\(place): \(ErrorText.cause(of: error))")
            } catch {
                throw ArchiveError(.failed, "\(StoreStartError.translating(error, path: queue.path))")
            }
        }
    }
}

extension SQLRow {
    /// The column's value; adds the bytes of its text.
    fileprivate func value(_ column: CInt, _ kind: ArchiveColumn, bytes: inout Int) throws -> ArchiveValue {
        if isNull(column) { return .null }
        switch kind.kind {
        case .integer, .time: return .integer(integer(column))
        case .name, .text:
            let text = text(column)
            bytes += text.utf8.count
            return .text(text)
        case .object:
            bytes += byteCount(column)
            return .object(try object(column))
        }
    }
}
