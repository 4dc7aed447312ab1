import CLibPQ
import Foundation
import PluginAPI
import Testing

@testable import PostgresPlugin

@Suite("Postgres driver: connecting", .timeLimit(.minutes(10)))
struct ConnectingTests {
    private func opens(_ options: PostgresOptions) async throws {
        let pool = try await PostgresPool.open(options)
        do {
            try await pool.checkHealth()
            await pool.close()
        } catch {
            await pool.close()
            throw error
        }
    }

    private func refusal(_ options: PostgresOptions) async -> String {
        do {
            try await opens(options)
            Issue.record("it connected")
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test("a session that a lost connection left behind is gone before its successor is used; an unknown one is none")
    func leftover() async throws {
        let database = try await TestDatabase()
        let keywords = try database.options.connection.keywords(for: .write)
        let first = try await connect(keywords, ending: nil)
        let pid = PQbackendPID(first.pointer)
        let question = "SELECT count(*) FROM pg_stat_activity WHERE pid = \(pid)"
        #expect(try await database.run(question) == [["1"]])
        let second = try await connect(keywords, ending: pid)
        #expect(try await database.run(question) == [["0"]])
        try await connect(keywords, ending: pid).close()
        for handle in [first, second] { handle.close() }
    }

    private func connect(
        _ keywords: [(name: String, value: String)], ending leftover: CInt?
    ) async throws -> ConnectedHandle {
        try await withCheckedThrowingContinuation { continuation in
            Connector.start(keywords, session: .own, ending: leftover) { continuation.resume(with: $0) }
        }
    }

    @Test("of several hosts the first that takes writes is used")
    func hosts() async throws {
        let database = try await TestDatabase()
        let reader = try await PostgresCluster.start(settings: ["default_transaction_read_only": "on"])
        let session = try SQLSession(reader.url("postgres"))
        try session.run("SET default_transaction_read_only = off")
        try session.run("CREATE DATABASE \(database.name)")
        var options = try database.options
        options.connection["host"] = "127.0.0.1,127.0.0.1,127.0.0.1"
        // Nobody listens on port 1.
        options.connection["port"] = "1,\(reader.port),\(database.cluster.port)"
        let pool = try await PostgresPool.open(options)
        let port = Statement("port", "SELECT current_setting('port')")
        #expect(try await pool.read([Step(port)]) { $0[0][0].text(0) } == "\(database.cluster.port)")
        #expect(
            try await pool.write(in: LaneKey("x"), [Step(port)]) { $0[0][0].text(0) } == "\(database.cluster.port)")
        await pool.close()
        options.connection["port"] = "1,\(reader.port),1"
        #expect(await refusal(options).contains("read-only"))
    }

    @Test("a host that does not answer costs its time, and the next is tried")
    func silentHost() async throws {
        let database = try await TestDatabase()
        let hanging = try await PostgresCluster.start()
        try hanging.signal(SIGSTOP)
        var options = try database.options
        options.connection["host"] = "127.0.0.1,127.0.0.1"
        options.connection["port"] = "\(hanging.port),\(database.cluster.port)"
        options.connection["connect_timeout"] = "5"
        try await opens(options)
        options.connection["port"] = "\(hanging.port),\(hanging.port)"
        let started = ContinuousClock.now
        #expect(await refusal(options).contains("timeout"))
        #expect(ContinuousClock.now - started < .seconds(60))
    }

    @Test("over the socket, in a schema of its own")
    func localSocket() async throws {
        let database = try await TestDatabase()
        try await database.run("CREATE SCHEMA chat; CREATE TABLE chat.marks (id text)")
        var options = try database.options
        options.connection["host"] = database.cluster.folder
        options.connection.searchPath = "chat"
        let pool = try await PostgresPool.open(options)
        #expect(try await pool.read([Step(Statement("marks", "SELECT id FROM marks"))]) { $0[0].count } == 0)
        await pool.close()
    }

    @Test("a role or database that is not there is said, a password never")
    func refusals() async throws {
        let database = try await TestDatabase()
        var options = try database.options
        options.connection["password"] = "hunter2"
        options.connection["dbname"] = "nowhere"
        let unknownDatabase = await refusal(options)
        #expect(unknownDatabase.contains("nowhere") && !unknownDatabase.contains("hunter2"))
        options.connection["user"] = "nobody_at_all"
        let unknownRole = await refusal(options)
        #expect(unknownRole.contains("nobody_at_all") && !unknownRole.contains("hunter2"))
    }

    @Test("verify-full wants the right authority, the right name, and here a certificate of the client's")
    func tls() async throws {
        let files = try await TestCertificates()
        let cluster = try await PostgresCluster.start()
        try await files.install(in: cluster)
        let database = try await TestDatabase(on: cluster)
        var options = try database.options
        options.connection["sslmode"] = "verify-full"
        options.connection["host"] = "localhost"
        options.connection["sslrootcert"] = files.authority
        options.connection["sslcert"] = files.clientCertificate
        options.connection["sslkey"] = files.clientKey
        let pool = try await PostgresPool.open(options)
        let state = Statement("tls", "SELECT ssl, client_dn IS NOT NULL FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        let isSecure = try await pool.read([Step(state)]) { [try $0[0][0].boolean(0), try $0[0][0].boolean(1)] }
        #expect(isSecure == [true, true])
        // More than a record of TLS, so that libpq has data which the socket no longer shows.
        let long = String(repeating: "x", count: 300_000)
        let echo = Statement("echo", "SELECT $1::text FROM generate_series(1, 5)")
        let lengths = try await pool.read([Step(echo, .text(long))]) { $0[0].map { $0.text(0).utf8.count } }
        #expect(lengths == Array(repeating: 300_000, count: 5))
        await pool.close()

        var wrong = options
        wrong.connection["sslrootcert"] = files.otherAuthority
        #expect(await refusal(wrong).contains("certificate"))
        wrong = options
        wrong.connection["host"] = "127.0.0.1"
        #expect(await refusal(wrong).contains("does not match host name"))
        wrong = options
        wrong.connection["sslcert"] = files.folder + "/none"
        wrong.connection["sslkey"] = files.folder + "/none"
        #expect(await refusal(wrong).contains("certificate"))
        wrong = options
        wrong.connection["sslmode"] = "disable"
        #expect(await refusal(wrong).contains("no encryption"))
    }
}
