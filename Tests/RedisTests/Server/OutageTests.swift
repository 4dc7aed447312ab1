import Glibc
import PluginAPI
import Testing

@testable import RedisPlugin

@Suite("Redis: outages", .timeLimit(.minutes(10)))
struct OutageTests {
    @Test("a server that is killed and comes back empty is subscribed to anew, and knows the scripts")
    func restart() async throws {
        let server = try await RedisServer()
        try await withClient(server.options.patient) { client in
            try await client.connect()
            let ear = BrokerEar(client)
            for channel in ["a", "b", "c"] { try await ear.subscribe(channel) }
            let directory = RedisPresenceDirectory(client: client, prefix: "rq:")
            let connection = ConnectionInfo.test("c", device: "d")
            #expect(try await directory.hold([connection], by: "n", for: .seconds(60)) == [connection.device])

            try await server.kill()
            try await until("the loss is told") { ear.states == [true, false] }
            ear.broker.subscribe(["d"])
            ear.broker.unsubscribe(["b"])
            #expect(await !ear.publish("lost", to: "a"))
            let error = await #expect(throws: ChatError.self) { try await directory.isOnline(connection.device) }
            #expect(error?.code == .unavailable && error?.retryAfter != nil)

            try await server.restart()
            try await until("it is connected again") { ear.states == [true, false, true] }
            // Told before: all subscriptions stand.
            #expect(ear.confirmations(of: "a") == 2 && ear.confirmations(of: "d") == 1)
            #expect(ear.confirmations(of: "b") == 1)
            for channel in ["a", "b", "c", "d"] { #expect(await ear.publish("back", to: channel)) }
            try await until("they arrive") { ear.bodies(on: "d") == ["back"] }
            #expect(ear.bodies(on: "a") == ["back"] && ear.bodies(on: "c") == ["back"] && ear.bodies(on: "b").isEmpty)
            #expect(try await !directory.isOnline(connection.device))
            #expect(try await directory.hold([connection], by: "n", for: .seconds(60)) == [connection.device])
        }
    }

    @Test("a script that the server has forgotten is told again, and who waits does not notice")
    func forgottenScripts() async throws {
        let server = try await RedisServer()
        try await withClient(server.options) { client in
            try await client.connect()
            try await server.run(["SCRIPT", "FLUSH"])
            let directory = RedisPresenceDirectory(client: client, prefix: "rq:")
            let connections = (0..<250).map { ConnectionInfo.test("c\($0)", device: DeviceID("d\($0)")) }
            #expect(try await directory.hold(connections, by: "n", for: .seconds(60)).count == 250)
        }
    }

    @Test("a server that falls silent is given up in time, everything under way fails once, and it is found again")
    func paused() async throws {
        let server = try await RedisServer()
        try await withClient(server.options.impatient) { client in
            try await client.connect()
            let ear = BrokerEar(client)
            try await ear.subscribe("a")
            server.signal(SIGSTOP)
            let outcomes = Journal<Bool>()
            for number in 0..<100 {
                ear.broker.publish([BrokerMessage(channel: "a", body: ByteBuffer(string: "\(number)"))]) {
                    outcomes.add($0)
                }
            }
            try await until("all heard") { outcomes.count == 100 }
            #expect(outcomes.all.allSatisfy { !$0 })
            try await until("the loss is told") { ear.states == [true, false] }
            server.signal(SIGCONT)
            try await until("it is connected again") { ear.states == [true, false, true] }
            #expect(await ear.publish("back", to: "a"))
            try await until("it arrives") { ear.bodies(on: "a").last == "back" }
            #expect(outcomes.count == 100)
        }
    }

    @Test("an idle connection to a server that falls silent is noticed, too")
    func pausedWhileIdle() async throws {
        let server = try await RedisServer()
        try await withClient(server.options.impatient) { client in
            try await client.connect()
            let ear = BrokerEar(client)
            try await until("it is told") { ear.states == [true] }
            server.signal(SIGSTOP)
            try await until("the loss is told") { ear.states == [true, false] }
            server.signal(SIGCONT)
            try await until("it is back") { ear.states.last == true }
        }
    }

    @Test("a master that becomes a replica is left")
    func demoted() async throws {
        let (server, other) = (try await RedisServer(), try await RedisServer())
        try await withClient(server.options.patient) { client in
            try await client.connect()
            try await server.run(["CONFIG", "SET", "min-replicas-to-write", "0"])
            try await server.run(["REPLICAOF", "127.0.0.1", "\(other.port)"])
            let failure = await #expect(throws: RedisFailure.self) {
                while true { _ = try await client.commands.send(RedisCommand("SET", "rq:x", "1")) }
            }
            #expect(failure.map { [.refused("READONLY"), .connection].contains($0.kind) } == true)
            try await until("it is not used any more") {
                await client.untilConnected(within: .milliseconds(1))?.description.contains("not the master") == true
            }
            try await server.run(["REPLICAOF", "NO", "ONE"])
            try await client.connect()
        }
    }
}
