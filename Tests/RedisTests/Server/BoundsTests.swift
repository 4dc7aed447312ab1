import Glibc
import PluginAPI
import Testing

@testable import RedisPlugin

@Suite("Redis: bounds", .timeLimit(.minutes(10)))
struct BoundsTests {
    @Test("what a slow server has not answered is bounded, and what is too much is refused at once")
    func fullQueue() async throws {
        let server = try await RedisServer()
        var options = server.options
        options.queueLimit = 50
        options.commandTimeout = .seconds(20)
        try await withClient(options) { client in
            try await client.connect()
            server.signal(SIGSTOP)
            let refused = Journal<RedisFailure>()
            let answered = Journal<Int>()
            for number in 0..<80 {
                client.commands.send([RedisCommand("ECHO", .integer(Int64(number)))]) { result in
                    switch result {
                    case .success: answered.add(number)
                    case .failure(let failure): refused.add(failure)
                    }
                }
            }
            #expect(refused.count == 30 && refused.all.allSatisfy { $0.kind == .queueFull })
            #expect(client.commands.load == 50)
            server.signal(SIGCONT)
            try await until("the rest is answered") { answered.count == 50 }
            #expect(answered.all == Array(0..<50) && client.commands.load == 0)
            #expect(try await client.commands.send(RedisCommand("PING")) == .status("PONG"))
        }
    }

    @Test("bytes that wait are bounded as well")
    func fullBytes() async throws {
        let server = try await RedisServer()
        var options = server.options
        options.queueByteCount = 100_000
        try await withClient(options) { client in
            try await client.connect()
            let large = RedisCommand("SET", "rq:x", .bytes(ByteBuffer(repeating: 120, count: 200_000)))
            let failure = await #expect(throws: RedisFailure.self) { try await client.commands.send(large) }
            #expect(failure?.kind == .queueFull)
            for _ in 0..<20 {
                let fitting = RedisCommand("SET", "rq:x", .bytes(ByteBuffer(repeating: 120, count: 90_000)))
                #expect(try await client.commands.send(fitting) == .status("OK"))
            }
        }
    }
}
