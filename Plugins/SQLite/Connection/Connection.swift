import GRDB
import GRDBSQLite

/// A connection while it is lent: statements are prepared once per connection and text is bound and read by length,
/// so that a NUL inside is data like any other.
///
/// This file, ``PreparedStatement`` and ``SQLRow`` alone speak SQLite's C interface; GRDB owns the handles.
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
        try all(sql, values, as: make)
    }

    /// All rows in order, for values that were gathered.
    func all<Value>(_ sql: String, _ values: [SQLValue], as make: (SQLRow) throws -> Value) throws -> [Value] {
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
        try prepare(sql).execute(values, visit: visit)
    }

    /// The statement itself, for those that run it many times: finding it costs about as much as a look at a row.
    func prepare(_ sql: String) throws -> PreparedStatement {
        PreparedStatement(try database.cachedStatement(sql: sql), on: database)
    }
}
