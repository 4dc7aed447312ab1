import GRDB
import GRDBSQLite

/// A connection while it is lent: statements are prepared once per connection and text is bound and read by length,
/// so that a NUL inside is data like any other.
///
/// This is the only file besides ``SQLRow`` that speaks SQLite's C interface; GRDB owns the handles.
struct Connection {
    let database: Database

    /// Runs a statement that answers no rows; returns how many rows it changed.
    @discardableResult
    func run(_ sql: String, _ values: SQLValue...) throws -> Int {
        try execute(sql, values) { _ in true }
        return Int(sqlite3_changes(database.sqliteConnection))
    }

    /// The first row, or nil.
    func first<Value>(_ sql: String, _ values: SQLValue..., as make: (SQLRow) throws -> Value) throws -> Value? {
        var found: Value?
        try execute(sql, values) { row in
            found = try make(row)
            return false
        }
        return found
    }

    /// All rows in order.
    func all<Value>(_ sql: String, _ values: SQLValue..., as make: (SQLRow) throws -> Value) throws -> [Value] {
        var found: [Value] = []
        try execute(sql, values) { row in
            found.append(try make(row))
            return true
        }
        return found
    }

    var isInsideTransaction: Bool { database.isInsideTransaction }

    /// Runs a statement and shows its rows one by one.
    ///
    /// - Parameter visit: answers whether to go on. The row is valid only during the call.
    func execute(_ sql: String, _ values: [SQLValue], visit: (SQLRow) throws -> Bool) throws {
        let statement = try database.cachedStatement(sql: sql).sqliteStatement
        // A statement that is not reset keeps its snapshot, and a reader would go on to see the past.
        defer { sqlite3_reset(statement) }
        for (position, value) in values.enumerated() {
            try check(bind(value, to: statement, at: CInt(truncatingIfNeeded: position + 1)), sql)
        }
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return }
            guard code == SQLITE_ROW else { throw failure(code, sql) }
            guard try visit(SQLRow(statement: statement)) else { return }
        }
    }

    private func bind(_ value: SQLValue, to statement: OpaquePointer, at position: CInt) -> CInt {
        switch value {
        case .null: return sqlite3_bind_null(statement, position)
        case .integer(let value): return sqlite3_bind_int64(statement, position, value)
        case .text(var value):
            return value.withUTF8 { bytes in
                // An empty buffer may have no address, and SQLite takes that for NULL.
                guard let start = bytes.baseAddress, !bytes.isEmpty else {
                    return sqlite3_bind_text(statement, position, "", 0, Self.copied)
                }
                return start.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                    sqlite3_bind_text64(
                        statement, position, $0, UInt64(bytes.count), Self.copied, UInt8(SQLITE_UTF8))
                }
            }
        }
    }

    private func check(_ code: CInt, _ sql: String) throws {
        if code != SQLITE_OK { throw failure(code, sql) }
    }

    private func failure(_ code: CInt, _ sql: String) -> DatabaseError {
        let message = sqlite3_errmsg(database.sqliteConnection).map { String(cString: $0) }
        return DatabaseError(resultCode: ResultCode(rawValue: code), message: message, sql: sql)
    }

    /// Tells SQLite to copy what it is given before the call returns: the value -1, which C writes as a cast.
    private static var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}
