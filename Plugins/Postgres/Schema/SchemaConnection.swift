import CLibPQ
import Glibc

/// A blocking connection for schema work, never one of the pool's: a step may take hours and hold session locks.
///
/// Behind a pooler in transaction mode nothing outlasts a transaction. There each statement has one of its own that begins
/// with the settings it needs, unless it is part of a ``transaction(_:_:)``.
///
/// It belongs to one thread at a time, and that must be one that may block.
final class SchemaConnection {
    private var handle: OpaquePointer?
    private let preamble: String?
    private var isInTransaction = false

    /// Whether a pooler in transaction mode is between, so that the session is another after each transaction.
    var isPooled: Bool { preamble != nil }

    /// Connects. Throws ``SchemaError`` whose text holds no password, also when the session cannot be used.
    init(_ options: ConnectionOptions, as role: ConnectionOptions.Role = .schema) throws(SchemaError) {
        preamble = options.schemaPreamble
        let keywords = options.keywords(for: role)
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
            throw SchemaError(sqlState: nil, message: SessionCheck.explained(problem))
        }
        // "already exists, skipping" and the like: steps are made to be run again.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        let kind: SessionCheck.Kind = isPooled ? .pooled : .own
        let facts = try rows(of: PQexec(handle, SessionCheck.statement(for: kind))).first ?? []
        if let problem = SessionCheck.problem(in: facts, of: kind) {
            close()
            throw SchemaError(sqlState: nil, message: problem)
        }
    }

    deinit { close() }

    /// Runs one or more statements that answer nothing.
    func execute(_ sql: String) throws {
        try prepared { _ = try rows(of: PQexec(handle, sql)) }
    }

    /// Runs one statement with bound text parameters; answers its rows as text, NULL as nil.
    func query(_ sql: String, _ values: [String?] = []) throws -> [[String?]] {
        try prepared { try rows(of: send(sql, values)) }
    }

    /// Runs one statement with bound text parameters and lends its rows, which are valid only inside `decode`.
    func fetch<Value>(_ sql: String, _ values: [String?] = [], _ decode: (Rows) throws -> Value) throws -> Value {
        try prepared {
            let result = send(sql, values)
            defer { PQclear(result) }
            try check(result)
            guard let result else { throw SchemaError(sqlState: nil, message: lastMessage) }
            return try decode(Rows(result: result))
        }
    }

    /// Runs a body in one transaction, which is taken back if the body throws.
    func transaction<Value>(_ body: () throws -> Value) throws -> Value {
        let begin = "BEGIN ISOLATION LEVEL READ COMMITTED"
        _ = try rows(of: PQexec(handle, preamble.map { "\(begin); \($0)" } ?? begin))
        isInTransaction = true
        defer { isInTransaction = false }
        do {
            let value = try body()
            _ = try rows(of: PQexec(handle, "COMMIT"))
            return value
        } catch {
            // If this fails as well, the connection is gone, and the server has taken everything back.
            PQclear(PQexec(handle, "ROLLBACK"))
            throw error
        }
    }

    /// Makes sure that there is a session which stays the same: what runs outside of transactions takes one.
    ///
    /// - Throws: ``SchemaRefusal`` behind a pooler.
    func requireSession(for work: String) throws {
        guard isPooled else { return }
        throw SchemaRefusal(
            "\(work) takes a session, which a pooler in transaction mode does not give; run `replyhq migrate apply` "
                + "with the server's own address")
    }

    private func prepared<Value>(_ body: () throws -> Value) throws -> Value {
        isPooled && !isInTransaction ? try transaction(body) : try body()
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
