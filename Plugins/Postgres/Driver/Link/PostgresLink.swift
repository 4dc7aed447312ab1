import CLibPQ

/// One open connection in pipeline mode. Owns libpq's handle; belongs to the driver's thread.
final class PostgresLink {
    /// What libpq has taken from the socket.
    enum Answer {
        /// A step's rows. Whoever takes them frees them.
        case rows(OpaquePointer)
        case failed(PostgresFailure)
        case skipped
        case synced
        /// Nothing the protocol allows here.
        case senseless(String)
    }

    enum Flush: Equatable {
        case done, pending, failed
    }

    private let handle: OpaquePointer
    private let parameters = ParameterBuffer()
    private let prepares: Bool
    let socket: CInt
    /// The server's process that serves it.
    var session: CInt { PQbackendPID(handle) }

    /// Takes over an open connection.
    init(_ connected: ConnectedHandle, prepares: Bool) {
        handle = connected.pointer
        socket = PQsocket(connected.pointer)
        self.prepares = prepares
    }

    deinit { PQfinish(handle) }

    /// Asks for a statement to be prepared under its name. False: the connection is gone.
    func prepare(_ statement: Statement) -> Bool {
        PQsendPrepare(handle, statement.name, statement.sql, 0, nil) == 1
    }

    /// Sends a step, as a prepared statement or with its text. False: the connection is gone.
    func send(_ step: Step) -> Bool {
        parameters.withTexts(of: step.values) { texts, count in
            if prepares {
                PQsendQueryPrepared(handle, step.statement.name, count, texts, nil, nil, 0) == 1
            } else {
                PQsendQueryParams(handle, step.statement.sql, count, nil, texts, nil, nil, 0) == 1
            }
        }
    }

    /// Ends the transaction. False: the connection is gone.
    func sync() -> Bool { PQpipelineSync(handle) == 1 }

    /// Writes what is not yet in the socket.
    func flush() -> Flush {
        switch PQflush(handle) {
        case 0: .done
        case 1: .pending
        default: .failed
        }
    }

    /// Takes what the socket has. False: the connection is gone, though answers may still be there.
    func receive() -> Bool { PQconsumeInput(handle) == 1 }

    /// Whether ``next()`` would wait for the network.
    var isBusy: Bool { PQisBusy(handle) == 1 }

    /// The next answer; nil between the answers of two steps, and twice running when there are no more.
    func next() -> Answer? {
        guard let result = PQgetResult(handle) else { return nil }
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: return .rows(result)
        case PGRES_PIPELINE_SYNC:
            PQclear(result)
            return .synced
        case PGRES_PIPELINE_ABORTED:
            PQclear(result)
            return .skipped
        case PGRES_FATAL_ERROR, PGRES_NONFATAL_ERROR:
            defer { PQclear(result) }
            return .failed(PostgresFailure(result))
        case let status:
            PQclear(result)
            return .senseless("unexpected answer of status \(status.rawValue)")
        }
    }

    /// The next notification that has been read: its payload, and the server's process of who sent it.
    func notification() -> (payload: String, sender: Int32)? {
        guard let found = PQnotifies(handle) else { return nil }
        defer { PQfreemem(found) }
        return (found.pointee.extra.map { String(cString: $0) } ?? "", found.pointee.be_pid)
    }

    /// Frees rows that nobody took.
    static func free(_ result: OpaquePointer) { PQclear(result) }

    /// What libpq last complained of.
    var complaint: PostgresFailure { PostgresFailure(connection: handle) }
}

extension PostgresFailure {
    /// The error in an answer; one without a code is libpq's own, about the connection.
    fileprivate init(_ result: OpaquePointer) {
        func field(_ code: Unicode.Scalar) -> String? {
            PQresultErrorField(result, CInt(code.value)).map { String(cString: $0) }
        }
        if let state = field("C") {
            self.init(state: SQLState(state), message: field("M") ?? "no message", constraint: field("n"))
        } else {
            let message = PQresultErrorMessage(result).map { String(cString: $0) } ?? ""
            self.init(kind: .connection, message: Self.line(message))
        }
    }

    /// Why a connection cannot be made, or was lost. libpq names the host and the role there, never the password.
    init(connection handle: OpaquePointer?) {
        let message = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
        let line = message.isEmpty ? "the connection was closed" : SessionCheck.explained(Self.line(message))
        self.init(kind: .connection, message: line)
    }

    private static func line(_ text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline)
        return lines.map { $0.drop { $0 == " " || $0 == "\t" } }.joined(separator: "; ")
    }
}
