import PluginAPI
import Testing

@testable import RedisPlugin

@Suite("Redis: channels shared with other programs", .timeLimit(.minutes(10)))
struct OpenChannelsTests {
    private func withChannels(
        _ options: RedisOptions, isolation: isolated (any Actor)? = #isolation,
        _ body: (RedisChannels, RedisClient) async throws -> Void
    ) async throws {
        try await withClient(options) { client in
            let channels = RedisChannels(client: client, options: options, meters: RedisMeters())
            defer { channels.close() }
            try await body(channels, client)
        }
    }

    private func bodies(_ journal: Journal<OpenChannelEvent>) -> [String] {
        journal.all.compactMap { event in
            if case .received(let message) = event { "\(message.channel) \(String(buffer: message.body))" } else { nil }
        }
    }

    private func standings(_ journal: Journal<OpenChannelEvent>) -> Int {
        journal.all.count { event in if case .listening = event { true } else { false } }
    }

    @Test("what others publish is heard by pattern, and what is published has exactly the name that was given")
    func patterns() async throws {
        let server = try await RedisServer()
        try await withChannels(server.options) { channels, client in
            try await client.connect()
            let heard = Journal<OpenChannelEvent>()
            _ = try channels.listen(to: ["s#/a#*", "s#/b#*"]) { heard.add($0) }
            try await until("it listens") { standings(heard) == 1 }
            try await server.run(
                ["PUBLISH", "s#/a#", "1"], ["PUBLISH", "s#/c#", "x"], ["PUBLISH", "s#/b#room#", "2"],
                ["PUBLISH", "rq:bus:0:nodes", "x"])
            let taken = Journal<Bool>()
            channels.publish([BrokerMessage(channel: "s#/a#r#", body: ByteBuffer(string: "3"))]) { taken.add($0) }
            try await until("all arrive") { bodies(heard) == ["s#/a# 1", "s#/b#room# 2", "s#/a#r# 3"] }
            try await until("it is taken") { taken.all == [true] }
        }
    }

    @Test("a connection that breaks is made anew, and both are told")
    func outage() async throws {
        let server = try await RedisServer()
        try await withChannels(server.options.impatient) { channels, client in
            try await client.connect()
            let heard = Journal<OpenChannelEvent>()
            _ = try channels.listen(to: ["s#*"]) { heard.add($0) }
            try await until("it listens") { standings(heard) == 1 }
            try await server.run(["CLIENT", "KILL", "TYPE", "pubsub"])
            try await until("it listens again") { standings(heard) == 2 }
            #expect(heard.all.contains { event in if case .lost = event { true } else { false } })
            try await server.run(["PUBLISH", "s#", "1"])
            try await until("it hears") { bodies(heard) == ["s# 1"] }
        }
    }

    @Test("what is closed hears nothing more, and another goes on")
    func closing() async throws {
        let server = try await RedisServer()
        try await withChannels(server.options) { channels, client in
            try await client.connect()
            let (one, two) = (Journal<OpenChannelEvent>(), Journal<OpenChannelEvent>())
            let listening = try channels.listen(to: ["s#*"]) { one.add($0) }
            _ = try channels.listen(to: ["s#*"]) { two.add($0) }
            try await until("both listen") { standings(one) == 1 && standings(two) == 1 }
            listening.close()
            #expect(channels.listenerCount == 1)
            try await until("its connection is gone") {
                let answers = try await server.run(["CLIENT", "LIST", "TYPE", "pubsub"])
                // The other's, and the client's own, over which it tries the server.
                return answers[0].text?.split(separator: "\n").count == 2
            }
            try await server.run(["PUBLISH", "s#", "1"])
            try await until("the other hears") { bodies(two) == ["s# 1"] }
            #expect(bodies(one).isEmpty)
        }
    }

    @Test("while nothing is connected a publication is not taken, and that is said")
    func unconnected() async throws {
        let options = RedisOptions(server: .fixed(.host("127.0.0.1", port: try freePort())))
        try await withChannels(options) { channels, _ in
            let taken = Journal<Bool>()
            channels.publish([BrokerMessage(channel: "s#", body: ByteBuffer())]) { taken.add($0) }
            try await until("it is refused") { taken.all == [false] }
        }
    }

    @Test("on a Redis Cluster it is refused with what to do")
    func cluster() async throws {
        let options = RedisOptions(server: .cluster([.host("127.0.0.1", port: try freePort())]))
        try await withChannels(options) { channels, _ in
            let refusal = #expect(throws: OpenChannelsUnavailable.self) { try channels.listen(to: ["s#*"]) { _ in } }
            #expect(refusal?.description.contains("cluster: true") == true)
        }
    }
}
