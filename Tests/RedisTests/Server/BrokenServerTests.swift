import PluginAPI
import Testing

@testable import RedisPlugin

@Suite("Redis: servers that are none", .timeLimit(.minutes(10)))
struct BrokenServerTests {
    private func options(_ server: FakeServer) -> RedisOptions {
        RedisOptions(server: .fixed(.host("127.0.0.1", port: server.port))).patient
    }

    @Test("one that speaks another language is refused, and not hammered")
    func otherProtocol() async throws {
        let server = try await FakeServer { _ in ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\n\r\n") }
        try await withClient(options(server)) { client in
            let failures = Journal<RedisFailure>()
            client.observe { if let failure = $0.failure { failures.add(failure) } }
            let began = ContinuousClock.now
            try await until("it is tried again and again") { server.connections.count >= 10 }
            #expect(failures.all.allSatisfy { $0.kind == .senseless } && failures.count > 0)
            // Two connections of five attempts each.
            #expect(ContinuousClock.now - began >= .nanoseconds(LinkRules.shortestBackoff.nanoseconds * 4))
        }
    }

    @Test("one that says nothing costs an attempt's time")
    func silent() async throws {
        let server = try await FakeServer { _ in nil }
        var options = options(server)
        options.connectTimeout = .milliseconds(200)
        #expect(try await refusal(options)?.kind == .timeout)
    }

    @Test("one that turns to garbage is hung up on, and what was under way fails once")
    func garbage() async throws {
        let server = try await FakeServer.welcoming { _ in ByteBuffer(string: "+OK\r\n\u{1}\u{2}garbage\r\n") }
        try await withClient(options(server)) { client in
            let outcomes = Journal<Bool>()
            try await until("commands are sent and fail") {
                client.commands.send([RedisCommand("PING"), RedisCommand("PING")]) { result in
                    if case .failure(let failure) = result { outcomes.add(failure.kind == .senseless) }
                }
                return outcomes.all.contains(true)
            }
        }
    }

    @Test("answers that nobody asked for end the connection")
    func unasked() async throws {
        let server = try await FakeServer.welcoming { _ in
            ByteBuffer(string: String(repeating: "+OK\r\n", count: 50))
        }
        #expect(try await loss(options(server)).kind == .senseless)
    }

    @Test("a reply without an end is cut off at its bound")
    func endless() async throws {
        let piece = ByteBuffer(repeating: UInt8(ascii: "x"), count: 4 << 20)
        let server = try await FakeServer.welcoming { _ in
            var answer = ByteBuffer(string: "$1000000000\r\n")
            for _ in 0..<20 { answer.writeImmutableBuffer(piece) }
            return answer
        }
        let failure = try await loss(options(server))
        #expect(failure.description.contains("too long"), "\(failure)")
    }

    @Test("a bomb of announced values costs nothing")
    func bomb() async throws {
        let server = try await FakeServer.welcoming { _ in
            ByteBuffer(string: String(repeating: "*2147483647\r\n", count: 7))
        }
        #expect(try await loss(options(server)).kind == .senseless)
    }

    @Test("one that takes commands and never answers any is given up, whatever else it says")
    func trickling() async throws {
        let server = try await FakeServer.welcoming { said in
            // The scripts and nothing else.
            let count = said.matches(of: /\r\nLOAD\r\n/).count
            return ByteBuffer(string: String(repeating: "+OK\r\n", count: count))
        }
        try await withClient(options(server).impatient) { client in
            try await until("a command is sent and fails for its time") {
                do throws(RedisFailure) {
                    _ = try await client.commands.send(RedisCommand("X"))
                    return false
                } catch {
                    return error.kind == .timeout
                }
            }
        }
    }

    /// Why a connection that was ready broke.
    private func loss(_ options: RedisOptions) async throws -> RedisFailure {
        try await withClient(options) { client in
            let losses = Journal<RedisFailure>()
            client.observe { if let failure = $0.failure { losses.add(failure) } }
            try await until("the connection breaks") { losses.count > 0 }
            return losses.all[0]
        }
    }
}
