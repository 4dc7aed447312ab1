import CLibPQ
import PluginAPI

/// The rows one step answered. Valid only inside the `decode` they were handed to.
struct Rows {
    let result: OpaquePointer

    /// How many rows were returned.
    var count: Int { Int(PQntuples(result)) }

    /// How many rows an INSERT, UPDATE or DELETE touched, or a SELECT returned.
    var affected: Int {
        guard let text = PQcmdTuples(result) else { return 0 }
        return Int(String(cString: text)) ?? 0
    }

    var isEmpty: Bool { count == 0 }

    /// A row, counted from 0; the place must be below ``count``.
    subscript(row: Int) -> SQLRow { SQLRow(result: result, row: CInt(truncatingIfNeeded: row)) }

    /// The first row as a value, or nil when there is none.
    func first<Value>(as make: (SQLRow) throws -> Value) rethrows -> Value? {
        isEmpty ? nil : try make(self[0])
    }

    /// All rows as values, in order.
    func map<Value>(_ make: (SQLRow) throws -> Value) rethrows -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(count)
        for row in 0..<count { values.append(try make(self[row])) }
        return values
    }
}
