import CLibPQ
import Glibc

/// A blocking connection for schema work, never one of the pool's: a step may take hours and hold session locks.
///
/// It belongs to one thread at a time, and that must be one that may block: see ``Blocking``.
final class SchemaConnection {
    private var handle: OpaquePointer?

    /// Connects. Throws ``SchemaError`` whose text holds no password.
    ///
    /// - Parameter keywords: libpq's connection keywords with their values.
    init(keywords: [(name: String, value: String)]) throws(SchemaError) {
        let names = keywords.map { strdup($0.name) } + [nil]
        let values = keywords.map { strdup($0.value) } + [nil]
        defer { for text in names + values { free(text) } }
        handle = names.map { UnsafePointer($0) }.withUnsafeBufferPointer { names in
            values.map { UnsafePointer($0) }.withUnsafeBufferPointer { values in
                PQconnectdbParams(names.baseAddress, values.baseAddress, 0)
            }
        }
        guard PQstatus(handle) == CONNECTION_OK else {
            let problem = lastMessage
            close()
            throw SchemaError(sqlState: nil, message: problem)
        }
        // "already exists, skipping" and the like: steps are made to be run again.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
    }

    deinit { close() }

    /// Runs one or more statements that answer nothing.
    func execute(_ sql: String) throws(SchemaError) {
        _ = try rows(of: PQexec(handle, sql))
    }

    /// Runs one statement with bound text parameters; answers its rows as text, NULL as nil.
    func query(_ sql: String, _ values: [String?] = []) throws(SchemaError) -> [[String?]] {
        try rows(of: send(sql, values))
    }

    /// Runs one statement with bound text parameters and lends its rows, which are valid only inside `decode`.
    func fetch<Value>(_ sql: String, _ values: [String?] = [], _ decode: (Rows) throws -> Value) throws -> Value {
        let result = send(sql, values)
        defer { PQclear(result) }
        try check(result)
        guard let result else { throw SchemaError(sqlState: nil, message: lastMessage) }
        return try decode(Rows(result: result))
    }

    private func send(_ sql: String, _ values: [String?]) -> OpaquePointer? {
        let texts = values.map { $0.map { strdup($0) } ?? nil }
        defer { for text in texts { free(text) } }
        return texts.map { UnsafePointer($0) }.withUnsafeBufferPointer { values in
            PQexecParams(handle, sql, CInt(truncatingIfNeeded: values.count), nil, values.baseAddress, nil, nil, 0)
        }
    }

    /// Ends the session, and with it its locks. Doing so twice is no error.
    func close() {
        guard let handle else { return }
        PQfinish(handle)
        self.handle = nil
    }

    private func check(_ result: OpaquePointer?) throws(SchemaError) {
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: return
        default:
            let state = PQresultErrorField(result, CInt(UInt8(ascii: "C"))).map { String(cString: $0) }
            let detail = PQresultErrorField(result, CInt(UInt8(ascii: "M"))).map { String(cString: $0) }
            throw SchemaError(sqlState: state, message: detail ?? lastMessage)
        }
    }

    private func rows(of result: OpaquePointer?) throws(SchemaError) -> [[String?]] {
        defer { PQclear(result) }
        try check(result)
        return (0..<PQntuples(result)).map { row in
            (0..<PQnfields(result)).map { column in
                guard PQgetisnull(result, row, column) == 0 else { return nil }
                return PQgetvalue(result, row, column).map { String(cString: $0) }
            }
        }
    }

    /// What libpq last complained of, on one line.
    private var lastMessage: String {
        guard let text = PQerrorMessage(handle) else { return "no connection" }
        let lines = String(cString: text).split(whereSeparator: \.isNewline)
        return lines.map { $0.drop { $0 == " " || $0 == "\t" } }.joined(separator: "; ")
    }
}
