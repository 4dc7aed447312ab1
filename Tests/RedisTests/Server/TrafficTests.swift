import PluginAPI
import Testing

@testable import RedisPlugin

@Suite("Redis: traffic", .timeLimit(.minutes(10)))
struct TrafficTests {
    @Test("what one node publishes arrives at those that subscribe, whole and in order")
    func order() async throws {
        let server = try await RedisServer()
        try await withClient(server.options) { sender in
            try await withClient(server.options) { receiver in
                try await sender.connect()
                try await receiver.connect()
                let (from, to) = (BrokerEar(sender), BrokerEar(receiver))
                try await to.subscribe("x")
                for start in stride(from: 0, to: 5_000, by: 10) {
                    from.broker.publish(
                        (start..<start + 10).map { BrokerMessage(channel: "x", body: ByteBuffer(string: "\($0)")) }
                    ) { #expect($0) }
                }
                try await until("all arrive") { to.journal.count >= 5_001 && to.bodies(on: "x").count == 5_000 }
                #expect(to.bodies(on: "x") == (0..<5_000).map { "\($0)" })
                #expect(from.bodies(on: "x").isEmpty)
            }
        }
    }

    @Test("any bytes arrive as they were")
    func bytes() async throws {
        let server = try await RedisServer()
        try await withClient(server.options) { client in
            try await client.connect()
            let ear = BrokerEar(client)
            try await ear.subscribe("bytes")
            let bodies = [ByteBuffer(), ByteBuffer(bytes: Array(0...255)), ByteBuffer(repeating: 13, count: 1_000_000)]
            ear.broker.publish(bodies.map { BrokerMessage(channel: "bytes", body: $0) }) { #expect($0) }
            try await until("all arrive") { ear.bodies(on: "bytes").count == 3 }
            let received = ear.journal.all.compactMap { event -> ByteBuffer? in
                if case .received(let message) = event { message.body } else { nil }
            }
            #expect(received == bodies)
        }
    }

    @Test("after an unsubscription nothing comes, and other prefixes are other worlds")
    func ends() async throws {
        let server = try await RedisServer()
        try await withClient(server.options) { client in
            try await client.connect()
            let ear = BrokerEar(client)
            try await ear.subscribe("a")
            try await ear.subscribe("b")
            ear.broker.unsubscribe(["a"])
            try await ear.subscribe("c")
            try await server.run(["PUBLISH", "other:bus:0:b", "foreign"])
            #expect(await ear.publish("1", to: "a"))
            #expect(await ear.publish("2", to: "b"))
            try await until("the other arrives") { ear.bodies(on: "b") == ["2"] }
            #expect(ear.bodies(on: "a").isEmpty)
        }
    }

    @Test("thousands of subscriptions are made and made anew")
    func many() async throws {
        let server = try await RedisServer()
        try await withClient(server.options) { client in
            try await client.connect()
            let ear = BrokerEar(client)
            ear.broker.subscribe((0..<5_000).map { "t:\($0)" })
            try await until("the last stands") { ear.confirmations(of: "t:4999") == 1 }
            try await server.run(["CLIENT", "KILL", "TYPE", "pubsub"])
            try await until("they stand again") { ear.states == [true, false, true] }
            #expect(ear.confirmations(of: "t:0") == 2 && ear.confirmations(of: "t:4999") == 2)
            #expect(await ear.publish("x", to: "t:4321"))
            try await until("it arrives") { ear.bodies(on: "t:4321") == ["x"] }
        }
    }

    @Test("an error of the server is thrown to who caused it, and to nobody else")
    func errors() async throws {
        let server = try await RedisServer()
        try await withClient(server.options) { client in
            try await client.connect()
            _ = try await client.commands.send(RedisCommand("SET", "rq:text", "x"))
            async let right = client.commands.send(RedisCommand("GET", "rq:text"))
            let failure = await #expect(throws: RedisFailure.self) {
                try await client.commands.send(RedisCommand("ZADD", "rq:text", 1, "x"))
            }
            let text = try await right.text
            #expect(text == "x")
            #expect(failure?.kind == .refused("WRONGTYPE") && failure?.asChatError.code == .internalError)
        }
    }

    @Test("what was sent from many tasks is answered to each")
    func concurrency() async throws {
        let server = try await RedisServer()
        try await withClient(server.options) { client in
            try await client.connect()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<16 {
                    group.addTask {
                        for number in 0..<200 {
                            let word = "\(task)-\(number)"
                            let answer = try await client.commands.send(RedisCommand("ECHO", .text(word)))
                            #expect(answer.text == word)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("once closed, nothing is taken and nobody waits for ever")
    func closing() async throws {
        let server = try await RedisServer()
        try await withClient(server.options) { client in
            try await client.connect()
            let ear = BrokerEar(client)
            try await until("it is told") { ear.states == [true] }
            await client.close()
            #expect(await !ear.publish("x", to: "x"))
            let failure = await #expect(throws: RedisFailure.self) {
                try await client.commands.send(RedisCommand("PING"))
            }
            #expect(failure?.kind == .closed && ear.states == [true, false])
        }
    }
}
