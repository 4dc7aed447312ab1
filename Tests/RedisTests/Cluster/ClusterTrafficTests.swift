import PluginAPI
import Testing

@testable import RedisPlugin

extension RedisClusterSuites {
    @Suite("Redis Cluster: traffic", .timeLimit(.minutes(10)))
    struct ClusterTrafficTests {
        @Test("events of channels on all masters arrive, each once, and with a password")
        func events() async throws {
            let cluster = try await RedisCluster(password: "s3cret")
            var options = cluster.options
            options.credentials = .init(username: nil, password: Secret("s3cret"))
            try await withClient(options) { sender in
                try await withClient(options) { receiver in
                    try await sender.connect()
                    try await receiver.connect()
                    let (from, to) = (BrokerEar(sender), BrokerEar(receiver))
                    let channels = (0..<300).map { "conversation:\($0)" }
                    to.broker.subscribe(channels)
                    try await until("all stand") { channels.allSatisfy { to.confirmations(of: $0) == 1 } }
                    for round in 0..<5 {
                        let taken = Journal<Bool>()
                        from.broker.publish(
                            channels.map { BrokerMessage(channel: $0, body: ByteBuffer(string: "\(round)")) }
                        ) { taken.add($0) }
                        try await until("it is taken") { taken.all == [true] }
                    }
                    try await until("all arrive") { channels.allSatisfy { to.bodies(on: $0).count >= 5 } }
                    #expect(channels.allSatisfy { to.bodies(on: $0) == ["0", "1", "2", "3", "4"] })
                    to.broker.unsubscribe(channels)
                    try await to.subscribe("other")
                    #expect(await from.publish("x", to: channels[0]))
                    #expect(to.bodies(on: channels[0]).count == 5)
                    #expect(to.states == [true] && from.states == [true])
                    for master in cluster.masters {
                        let counts = try await cluster.ask(master, ["PUBSUB", "SHARDCHANNELS"])
                        let topics = counts.items?.compactMap(\.text).filter { !$0.contains(":probe:") }
                        #expect((topics?.count ?? 9) <= 1)
                    }
                }
            }
            options.credentials = .init(username: nil, password: Secret("other"))
            #expect(try await refusal(options)?.kind == .refused("WRONGPASS"))
        }

        @Test("presence is spread over all masters, and each device is shown and hidden once")
        func presence() async throws {
            let cluster = try await RedisCluster()
            try await withClient(cluster.options) { client in
                try await client.connect()
                let directory = RedisPresenceDirectory(client: client, prefix: "rq:")
                let all = (0..<2_000).map { ConnectionInfo.test("c\($0)", device: DeviceID("d\($0 / 2)")) }
                #expect(Set(try await directory.hold(all, by: "a", for: .seconds(60))) == Set(all.map(\.device)))
                #expect(try await directory.hold(all, by: "a", for: .seconds(60)).isEmpty)
                let foreign = ConnectionInfo.test("c0", device: "d0", app: "{other}")
                #expect(try await directory.hold([foreign], by: "b", for: .seconds(60)) == [foreign.device])
                for master in cluster.masters {
                    #expect((try await cluster.ask(master, ["DBSIZE"]).integer ?? 0) > 100)
                }
                let listed = try await directory.connections(of: "app")
                #expect(listed.count == 2_000 && Set(listed) == Set(all))
                #expect(try await directory.connections(of: "{other}") == [foreign])
                #expect(try await directory.isOnline(all[77].device))

                // The order of what is answered is that of what was asked.
                let gone = [all[8], all[9], all[400], all[401], all[1_998], all[1_999]]
                try await directory.release(gone, by: "a")
                #expect(
                    try await directory.settle(all.map(\.device)) == [gone[0].device, gone[2].device, gone[4].device])

                // In an app of their own: its keys live as long as the longest lease in them.
                let mortal = (0..<50).map { ConnectionInfo.test("m\($0)", device: DeviceID("m\($0)"), app: "mortal") }
                _ = try await directory.hold(mortal, by: "dead", for: .milliseconds(50))
                var expired: Set<ConnectionInfo> = []
                try await until("they run out") {
                    expired.formUnion(try await directory.expire(limit: 7))
                    return expired.count == 50
                }
                #expect(expired == Set(mortal))
                try await directory.release(all + [foreign], by: "a")
                try await directory.release([foreign], by: "b")
                _ = try await directory.settle((all + mortal + [foreign]).map(\.device))
                for master in cluster.masters {
                    try await until("nothing is left behind") {
                        try await cluster.ask(master, ["DBSIZE"]) == .integer(0)
                    }
                }
            }
        }

        @Test(
            "a user of the access lists has what the README says it needs in a cluster, and no more",
            arguments: [nil, "+asking"])
        func accessLists(missing: String?) async throws {
            let cluster = try await RedisCluster()
            let rights = RedisRights(prefix: "rq:", isCluster: true)
            for server in cluster.servers {
                try await cluster.ask(server, rights.user("chat", password: "s3cret", without: missing))
            }
            var options = cluster.options
            options.credentials = .init(username: "chat", password: Secret("s3cret"))
            try await withClient(options) { client in
                try await client.connect()
                let ear = BrokerEar(client)
                try await ear.subscribe("x")
                #expect(await ear.publish("hello", to: "x"))
                try await until("it arrives") { ear.bodies(on: "x") == ["hello"] }
                let directory = RedisPresenceDirectory(client: client, prefix: "rq:")
                let connection = ConnectionInfo.test("c", device: "d")
                #expect(try await directory.hold([connection], by: "n", for: .seconds(60)).count == 1)
                #expect(try await directory.connections(of: "app") == [connection])
                try await directory.release([connection], by: "n")
                #expect(try await directory.settle([connection.device]).count == 1)
                #expect(try await directory.expire(limit: 10).isEmpty)
                try await client.commands.ping()
                #expect(await client.currentStatus().refusal == nil)
            }
        }

        @Test("every bucket of a limit is where its slot is")
        func limits() async throws {
            let cluster = try await RedisCluster()
            let rules = TokenBucket.Rules(capacity: 20, refillPerSecond: 0.01)
            try await withClient(cluster.options) { client in
                let limiter = RedisLimiter(
                    client: client, prefix: "rq:", patience: .seconds(30), logger: Logger(label: "test"))
                try await client.connect()
                for number in 0..<60 {
                    try await until("it counts") { await limiter.take("k\(number)", rules)?.decision == .now }
                }
                for number in 0..<60 {
                    try await until("it counts") { (await limiter.take("k\(number)", rules)?.available ?? 20) <= 18 }
                }
                for master in cluster.masters {
                    #expect((try await cluster.ask(master, ["DBSIZE"]).integer ?? 0) > 5)
                }
            }
        }

        @Test("the wrong mode is said, both ways")
        func modes() async throws {
            let single = try await RedisServer()
            var options = RedisOptions(server: .cluster([single.address]))
            #expect(
                try await refusal(options)?.description.contains("take cluster: true away") == true
            )
            let cluster = try await RedisCluster()
            options = RedisOptions(server: .fixed(cluster.masters[0].address))
            #expect(try await refusal(options)?.description.contains("set cluster: true") == true)
            options = RedisOptions(server: .cluster([.host("127.0.0.1", port: try freePort())]))
            #expect(try await refusal(options)?.description.contains("refused") == true)
            // Others are asked where the first does not answer.
            options = RedisOptions(
                server: .cluster([.host("127.0.0.1", port: try freePort()), cluster.masters[1].address]))
            #expect(try await refusal(options) == nil)
        }
    }
}
