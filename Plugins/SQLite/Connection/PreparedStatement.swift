import GRDB
import GRDBSQLite

/// A statement of a connection while that is lent. The connection keeps it, so that it is prepared once.
struct PreparedStatement {
    private let statement: Statement
    private let database: Database

    init(_ statement: Statement, on database: Database) {
        self.statement = statement
        self.database = database
    }

    /// Runs a statement that answers no rows; returns how many rows it changed.
    @discardableResult
    func run(_ values: SQLValue...) throws -> Int {
        try execute(values) { _ in true }
        return Int(sqlite3_changes(database.sqliteConnection))
    }

    /// Runs it and shows its rows one by one.
    ///
    /// - Parameter visit: answers whether to go on. The row is valid only during the call.
    func execute(_ values: [SQLValue], visit: (SQLRow) throws -> Bool) throws {
        let handle = statement.sqliteStatement
        // A statement that is not reset keeps its snapshot, and a reader would go on to see the past.
        defer { sqlite3_reset(handle) }
        for (position, value) in values.enumerated() {
            try check(Self.bind(value, to: handle, at: CInt(truncatingIfNeeded: position + 1)))
        }
        while true {
            let code = sqlite3_step(handle)
            if code == SQLITE_DONE { return }
            guard code == SQLITE_ROW else { throw failure(code) }
            guard try visit(SQLRow(statement: handle)) else { return }
        }
    }

    private static func bind(_ value: SQLValue, to statement: OpaquePointer, at position: CInt) -> CInt {
        switch value {
        case .null: return sqlite3_bind_null(statement, position)
        case .integer(let value): return sqlite3_bind_int64(statement, position, value)
        case .text(var value):
            return value.withUTF8 { bytes in
                // An empty buffer may have no address, and SQLite takes that for NULL.
                guard let start = bytes.baseAddress, !bytes.isEmpty else {
                    return sqlite3_bind_text(statement, position, "", 0, copied)
                }
                return start.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                    sqlite3_bind_text64(statement, position, $0, UInt64(bytes.count), copied, UInt8(SQLITE_UTF8))
                }
            }
        }
    }

    private func check(_ code: CInt) throws {
        if code != SQLITE_OK { throw failure(code) }
    }

    private func failure(_ code: CInt) -> DatabaseError {
        let message = sqlite3_errmsg(database.sqliteConnection).map { String(cString: $0) }
        return DatabaseError(resultCode: ResultCode(rawValue: code), message: message, sql: statement.sql)
    }

    /// Tells SQLite to copy what it is given before the call returns: the value -1, which C writes as a cast.
    private static var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}
