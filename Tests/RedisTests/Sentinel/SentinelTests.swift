import Foundation
import Glibc
import PluginAPI
import Testing

@testable import RedisPlugin

@Suite("Redis: Sentinel", .timeLimit(.minutes(10)))
struct SentinelTests {
    /// A master, a replica, and three Sentinels that watch them.
    private struct Guarded {
        let master: RedisServer
        let replica: RedisServer
        let sentinels: [(program: TestProgram, port: Int)]
        let folder: TestFolder

        init() async throws {
            master = try await RedisServer()
            replica = try await RedisServer(["--replicaof", "127.0.0.1 \(master.port)"])
            folder = try TestFolder()
            var sentinels: [(TestProgram, Int)] = []
            for number in 0..<3 {
                let port = try freePort()
                let file = "\(folder.path)/sentinel-\(number).conf"
                try """
                port \(port)
                bind 127.0.0.1
                dir \(folder.path)
                requirepass watchword
                sentinel sentinel-pass watchword
                sentinel monitor chat 127.0.0.1 \(master.port) 2
                sentinel down-after-milliseconds chat 3000
                sentinel failover-timeout chat 6000
                """.write(toFile: file, atomically: true, encoding: .utf8)
                sentinels.append((try TestProgram(["redis-sentinel", file], folder: folder.path), port))
            }
            self.sentinels = sentinels
            let ports = sentinels.map(\.1)
            for port in ports {
                try await until("the Sentinels know each other and the replica", within: .seconds(60)) {
                    let facts = try? await Self.ask(port, "SENTINEL", "master", "chat")
                    let texts = facts?.items?.map { $0.text ?? "" } ?? []
                    func fact(_ name: String) -> String? {
                        texts.firstIndex(of: name).map { texts[$0 + 1] }
                    }
                    return fact("num-other-sentinels") == "2" && fact("num-slaves") == "1" && fact("flags") == "master"
                }
            }
        }

        static func ask(_ port: Int, _ words: String...) async throws -> RESPValue {
            let commands = [RedisCommand("AUTH", "watchword"), RedisCommand(words.map { .text($0) })]
            return try await RedisInquiry.ask(
                .host("127.0.0.1", port: port), commands, with: RedisDialer(tls: nil), on: RedisServer.loop,
                within: .seconds(30)
            ).get()[1]
        }

        var options: RedisOptions {
            var options = RedisOptions(
                server: .sentinels(sentinels.map { .host("127.0.0.1", port: $0.port) }, master: "chat")
            ).impatient
            options.sentinelCredentials = .init(username: nil, password: Secret("watchword"))
            return options
        }
    }

    @Test("the master is found, and when it dies the one that takes its place")
    func failover() async throws {
        let guarded = try await Guarded()
        try await withClient(guarded.options) { client in
            try await client.connect()
            let ear = BrokerEar(client)
            try await ear.subscribe("a")
            _ = try await client.commands.send(RedisCommand("SET", "rq:x", "1"))
            try await until("it is copied") { try await guarded.replica.run(["GET", "rq:x"])[0].text == "1" }
            try await guarded.master.kill()
            try await until("the other is found", within: .seconds(60)) { ear.states == [true, false, true] }
            #expect(try await client.commands.send(RedisCommand("GET", "rq:x")).text == "1")
            #expect(try await client.commands.send(RedisCommand("SET", "rq:x", "2")) == .status("OK"))
            #expect(try await guarded.replica.run(["GET", "rq:x"])[0].text == "2")
            #expect(await ear.publish("after", to: "a"))
            try await until("it arrives") { ear.bodies(on: "a") == ["after"] }
        }
    }

    @Test("Sentinels that hang or are gone are passed over, and a master that none knows is said")
    func passedOver() async throws {
        let guarded = try await Guarded()
        guarded.sentinels[0].program.signal(SIGSTOP)
        try await guarded.sentinels[1].program.end()
        #expect(try await refusal(guarded.options) == nil)
        guarded.sentinels[0].program.signal(SIGCONT)

        var options = guarded.options
        options.server = .sentinels([.host("127.0.0.1", port: guarded.sentinels[2].port)], master: "other")
        #expect(try await refusal(options)?.description.contains("\"other\"") == true)
        options = guarded.options
        options.sentinelCredentials = nil
        let failure = try #require(try await refusal(options))
        #expect(failure.description.contains("NOAUTH") && !failure.description.contains("watchword"))
    }
}
