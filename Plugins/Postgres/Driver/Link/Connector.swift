import CLibPQ
import Glibc
import PluginAPI

/// An open connection on its way to whoever asked for it, who then owns it alone.
struct ConnectedHandle: @unchecked Sendable {  // Changes hands, is never shared.
    let pointer: OpaquePointer

    /// Closes a connection that nobody wants any more.
    func close() { PQfinish(pointer) }
}

/// Makes connections.
///
/// libpq resolves names with blocking calls even when asked to connect without blocking, and gives each host of a
/// list its own time only when it may block. So each attempt has a short-lived thread, and those who have a
/// connection never wait for those who have none.
enum Connector {
    /// The oldest server that has all the store uses.
    private static let oldestServer: CInt = 140_000

    /// Connects on a thread of its own and tells there how it went.
    ///
    /// - Parameters:
    ///   - keywords: libpq's, among them `connect_timeout`, which bounds the attempt at each host.
    ///   - session: What there is to be at the other end.
    ///   - leftover: The server's process of an earlier connection that has to be gone by then.
    static func start(
        _ keywords: [(name: String, value: String)],
        session: SessionCheck.Kind,
        ending leftover: CInt? = nil,
        _ ended: @escaping @Sendable (Result<ConnectedHandle, PostgresFailure>) -> Void
    ) {
        let isStarted = DedicatedThread.start(named: "pg-connect") { ended(connect(keywords, session, leftover)) }
        if !isStarted { ended(.failure(PostgresFailure(kind: .connection, message: "no thread to connect on"))) }
    }

    private static func connect(
        _ keywords: [(name: String, value: String)], _ session: SessionCheck.Kind, _ leftover: CInt?
    ) -> Result<ConnectedHandle, PostgresFailure> {
        guard let handle = open(keywords) else {
            return .failure(PostgresFailure(kind: .connection, message: "out of memory"))
        }
        guard PQstatus(handle) == CONNECTION_OK else { return refuse(handle, PostgresFailure(connection: handle)) }
        guard PQserverVersion(handle) >= oldestServer else {
            let found = PQserverVersion(handle) / 10_000
            return refuse(handle, PostgresFailure(kind: .connection, message: "PostgreSQL \(found); 14 is needed"))
        }
        // Otherwise notices of the server go to the standard error.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        if let failure = check(handle, session) { return refuse(handle, failure) }
        if let leftover, !end(leftover, over: handle) {
            return refuse(
                handle, PostgresFailure(kind: .connection, message: "the session before, \(leftover), does not end"))
        }
        guard PQsetnonblocking(handle, 1) == 0, PQenterPipelineMode(handle) == 1 else {
            return refuse(handle, PostgresFailure(connection: handle))
        }
        return .success(ConnectedHandle(pointer: handle))
    }

    /// Why the session cannot be used; nil if it can.
    private static func check(_ handle: OpaquePointer, _ session: SessionCheck.Kind) -> PostgresFailure? {
        guard let result = ask(SessionCheck.statement(for: session), over: handle) else {
            return PostgresFailure(kind: .connection, message: "the server does not answer")
        }
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_TUPLES_OK, PQntuples(result) == 1 else {
            return PostgresFailure(connection: handle)
        }
        let row = (0..<PQnfields(result)).map { column in
            PQgetisnull(result, 0, column) == 1 ? nil : PQgetvalue(result, 0, column).map { String(cString: $0) }
        }
        let problem = SessionCheck.problem(in: row, of: session)
        return problem.map { PostgresFailure(kind: .connection, message: $0) }
    }

    /// Ends another session of ours, if it is still there, and waits until it is gone.
    ///
    /// Only one that is older than this one: after a failover another may have the same number. If it is one of ours all
    /// the same, it connects again.
    private static func end(_ session: CInt, over handle: OpaquePointer) -> Bool {
        let statement = """
            SELECT pg_terminate_backend(s.pid, 5000) FROM pg_stat_activity s, pg_stat_activity own
            WHERE own.pid = pg_backend_pid() AND s.pid = \(session) AND s.backend_start < own.backend_start
                AND s.usename = own.usename AND s.datname = own.datname
            """
        guard let result = ask(statement, over: handle) else { return false }
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_TUPLES_OK else { return false }
        return PQntuples(result) == 0
            || PQgetvalue(result, 0, 0).map { $0.pointee == CChar(UInt8(ascii: "t")) } ?? false
    }

    /// The answer to a statement; nil when the server is silent for too long, which `PQexec` would wait out.
    private static func ask(_ statement: String, over handle: OpaquePointer) -> OpaquePointer? {
        guard PQsendQuery(handle, statement) == 1 else { return nil }
        let deadline = NIODeadline.now() + .seconds(8)
        var answer: OpaquePointer?
        while true {
            while PQisBusy(handle) == 1 {
                let left = (deadline - .now()).nanoseconds / 1_000_000
                var socket = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
                guard left > 0, poll(&socket, 1, CInt(clamping: left)) >= 0 || errno == EINTR,
                    socket.revents == 0 || PQconsumeInput(handle) == 1
                else {
                    PQclear(answer)
                    return nil
                }
            }
            guard let result = PQgetResult(handle) else { return answer }
            PQclear(answer)
            answer = result
        }
    }

    private static func refuse(
        _ handle: OpaquePointer, _ failure: PostgresFailure
    ) -> Result<ConnectedHandle, PostgresFailure> {
        PQfinish(handle)
        return .failure(failure)
    }

    private static func open(_ keywords: [(name: String, value: String)]) -> OpaquePointer? {
        let names = keywords.map { strdup($0.name) } + [nil]
        let values = keywords.map { strdup($0.value) } + [nil]
        defer { for text in names + values { free(text) } }
        return names.map { UnsafePointer<CChar>($0) }.withUnsafeBufferPointer { names in
            values.map { UnsafePointer<CChar>($0) }.withUnsafeBufferPointer { values in
                PQconnectdbParams(names.baseAddress, values.baseAddress, 0)
            }
        }
    }
}
