import CLibPQ
import PluginAPI

/// A connection for what tests do behind the product's back. Blocks; belongs to one thread at a time.
final class SQLSession {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private let handle: OpaquePointer?

    init(_ url: String) throws {
        handle = PQconnectdb(url)
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        if PQstatus(handle) != CONNECTION_OK { throw failure }
    }

    deinit { PQfinish(handle) }

    /// Runs one or more statements; returns the last one's rows as text.
    @discardableResult
    func run(_ sql: String) throws -> [[String?]] {
        let result = PQexec(handle, sql)
        defer { PQclear(result) }
        let status = PQresultStatus(result)
        guard status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK else { throw failure }
        return (0..<PQntuples(result)).map { row in
            (0..<PQnfields(result)).map { column in
                let isNull = PQgetisnull(result, row, column) == 1
                return isNull ? nil : PQgetvalue(result, row, column).map { String(cString: $0) }
            }
        }
    }

    private var failure: Failure {
        Failure(description: PQerrorMessage(handle).map { String(cString: $0) } ?? "no connection")
    }

    /// Runs SQL over a connection made for it.
    @discardableResult
    static func run(_ sql: String, on url: String) async throws -> [[String?]] {
        try await DedicatedThread.run(named: "sql") { try SQLSession(url).run(sql) }
    }
}
