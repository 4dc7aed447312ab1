import Glibc
import PluginAPI
import Testing

@testable import RedisPlugin

extension RedisClusterSuites {
    @Suite("Redis Cluster: changes", .timeLimit(.minutes(10)))
    struct ClusterChangeTests {
        @Test("a slot that moves is followed by commands, key by key, and by subscriptions")
        func moving() async throws {
            let cluster = try await RedisCluster(spare: true)
            try await withClient(cluster.options) { client in
                try await client.connect()
                let ear = BrokerEar(client)
                let channel = "{k}"
                try await ear.subscribe(channel)
                let slot = KeySlot.of("{k}")
                let (from, to) = (cluster.firstOwner(of: "{k}"), cluster.masters[3])
                func set(_ key: String) async throws {
                    #expect(
                        try await client.commands.send(RedisCommand("SET", .text(key), "1", key: key)) == .status("OK"))
                }
                try await set("{k}old")
                try await cluster.move(slot, from: from, to: to, isDone: false)
                // What is there is answered there; what is not, by the node that the slot goes to and that has none yet.
                #expect(try await client.commands.send(RedisCommand("GET", "{k}old", key: "{k}old")).text == "1")
                try await set("{k}new")
                #expect(try await cluster.ask(from, ["CLUSTER", "COUNTKEYSINSLOT", "\(slot)"]) == .integer(1))
                #expect(try await cluster.ask(to, ["CLUSTER", "COUNTKEYSINSLOT", "\(slot)"]) == .integer(1))
                let answer = try await cluster.ask(from, ["MIGRATE", "127.0.0.1", "\(to.port)", "{k}old", "0", "5000"])
                #expect(answer == .status("OK"))
                try await cluster.move(slot, from: from, to: to, isDone: true)
                #expect(try await client.commands.send(RedisCommand("GET", "{k}old", key: "{k}old")).text == "1")
                try await set("{k}newer")
                // Whoever hears says that something may have been missed, and hears again.
                try await until("it is heard again, \(ear.states), \(ear.confirmations(of: channel))") {
                    ear.states.last == true && ear.confirmations(of: channel) >= 2
                }
                #expect(ear.states.count >= 3)
                #expect(await ear.publish("after", to: channel))
                try await until("it arrives") { ear.bodies(on: channel) == ["after"] }
            }
        }

        @Test("a user who may not ask is told so while a slot moves, and goes on afterwards")
        func mayNotAsk() async throws {
            let cluster = try await RedisCluster(spare: true)
            for server in cluster.servers {
                let rights = RedisRights(prefix: "rq:", isCluster: true)
                try await cluster.ask(server, rights.user("chat", password: "s3cret", without: "+asking"))
            }
            var options = cluster.options
            options.credentials = .init(username: "chat", password: Secret("s3cret"))
            try await withClient(options) { client in
                try await client.connect()
                let key = "rq:{k}new"
                let (from, to) = (cluster.firstOwner(of: key), cluster.masters[3])
                let set = RedisCommand("SET", .text(key), "1", key: key)
                try await cluster.move(KeySlot.of(key), from: from, to: to, isDone: false)
                let refusal = await #expect(throws: RedisFailure.self) { try await client.commands.send(set) }
                #expect(refusal?.kind == .refused("NOPERM") && refusal?.description.contains("asking") == true)
                // The move has ended for the target, while the source still sends there with ASK: it is executed.
                let owner = try await cluster.id(of: to)
                for state in [["STABLE"], ["NODE", owner]] {
                    try await cluster.ask(to, ["CLUSTER", "SETSLOT", "\(KeySlot.of(key))"] + state)
                }
                #expect(try await client.commands.send(set) == .status("OK"))
                #expect(try await cluster.ask(to, ["GET", key]).text == "1")
                try await cluster.move(KeySlot.of(key), from: from, to: to, isDone: true)
                #expect(try await client.commands.send(set) == .status("OK"))
            }
        }

        @Test("a master that dies is replaced by its replica; keys, scripts and channels are there again")
        func failover() async throws {
            let cluster = try await RedisCluster(replicas: true)
            try await withClient(cluster.options.impatient) { client in
                try await client.connect()
                let ear = BrokerEar(client)
                let channels = (0..<3).map { cluster.channel(of: $0) }
                for channel in channels { try await ear.subscribe(channel) }
                let directory = RedisPresenceDirectory(client: client, prefix: "rq:")
                let all = (0..<200).map { ConnectionInfo.test("c\($0)", device: DeviceID("d\($0)")) }
                #expect(try await directory.hold(all, by: "n", for: .seconds(60)).count == 200)
                // Each device has a key of its own: when all are there, so is what came before.
                for (master, replica) in zip(cluster.masters, cluster.replicas) {
                    let size = try await cluster.ask(master, ["DBSIZE"])
                    try await until("copies are made") { try await cluster.ask(replica, ["DBSIZE"]) == size }
                }
                try await cluster.masters[1].kill()
                try await until("the loss is told") { ear.states == [true, false] }
                // The other masters go on.
                let outcome = await ear.publish("meanwhile", to: channels[0])
                #expect(outcome)
                try await until("the replica is found", within: .seconds(60)) { ear.states == [true, false, true] }
                for channel in channels { #expect(await ear.publish("after", to: channel)) }
                try await until("they arrive") { channels.allSatisfy { ear.bodies(on: $0).last == "after" } }
                #expect(
                    ear.bodies(on: channels[1]) == ["after"] && ear.bodies(on: channels[0]) == ["meanwhile", "after"])
                #expect(try await directory.connections(of: "app").count == 200)
                #expect(try await directory.hold(all, by: "n", for: .seconds(60)).isEmpty)
                // The old master comes back as a replica, and nobody minds.
                try await cluster.masters[1].restart()
                try await until("it is a replica") {
                    try await cluster.ask(cluster.masters[1], ["ROLE"]).items?.first?.text == "slave"
                }
                for channel in channels { #expect(await ear.publish("last", to: channel)) }
                #expect(ear.states == [true, false, true])
            }
        }

        @Test("a replica that is told to take over is found without anything breaking")
        func manualFailover() async throws {
            let cluster = try await RedisCluster(replicas: true)
            try await withClient(cluster.options.impatient) { client in
                try await client.connect()
                let ear = BrokerEar(client)
                let channel = cluster.channel(of: 2)
                try await ear.subscribe(channel)
                try await until("it takes over") {
                    try await cluster.ask(cluster.replicas[2], ["CLUSTER", "FAILOVER"])
                    return try await cluster.ask(cluster.replicas[2], ["ROLE"]).items?.first?.text == "master"
                }
                // A command that is sent on tells of it.
                try await until("it arrives", within: .seconds(60)) {
                    _ = await ear.publish("x", to: channel)
                    return ear.confirmations(of: channel) >= 2 && ear.bodies(on: channel).last == "x"
                }
                try await until("all is well") { ear.states.last == true }
            }
        }

        @Test("a cluster that is gone and comes back is found again, and a silent master is noticed")
        func outage() async throws {
            let cluster = try await RedisCluster()
            try await withClient(cluster.options.impatient) { client in
                try await client.connect()
                let ear = BrokerEar(client)
                let channels = (0..<3).map { cluster.channel(of: $0) }
                for channel in channels { try await ear.subscribe(channel) }
                cluster.masters[0].signal(SIGSTOP)
                try await until("the silence is noticed") { ear.states == [true, false] }
                cluster.masters[0].signal(SIGCONT)
                try await until("it is back", within: .seconds(60)) { ear.states == [true, false, true] }
                for server in cluster.servers { try await server.kill() }
                try await until("the loss is told") { ear.states == [true, false, true, false] }
                #expect(await !ear.publish("lost", to: channels[0]))
                for server in cluster.servers { try await server.restart() }
                try await until("it is back", within: .seconds(60)) { ear.states == [true, false, true, false, true] }
                for channel in channels { #expect(await ear.publish("back", to: channel)) }
                try await until("they arrive") { channels.allSatisfy { ear.bodies(on: $0) == ["back"] } }
            }
        }

        @Test("once closed, nothing is taken and no connection stays")
        func closing() async throws {
            let cluster = try await RedisCluster()
            try await withClient(cluster.options) { client in
                try await client.connect()
                let ear = BrokerEar(client)
                try await until("it is told") { ear.states == [true] }
                await client.close()
                #expect(await !ear.publish("x", to: "x"))
                #expect(ear.states == [true, false])
                for server in cluster.servers {
                    try await until("its connections are closed") {
                        let list = try await cluster.ask(server, ["CLIENT", "LIST"]).text ?? ""
                        return list.split(separator: "\n").count == 1
                    }
                }
            }
        }
    }
}
