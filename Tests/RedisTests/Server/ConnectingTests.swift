import PluginAPI
import Testing

@testable import RedisPlugin

@Suite("Redis: connecting", .timeLimit(.minutes(10)))
struct ConnectingTests {
    @Test("with the password it answers, with another one it says so")
    func password() async throws {
        let server = try await RedisServer(["--requirepass", "hunter2"])
        var options = server.options
        options.credentials = .init(username: nil, password: Secret("hunter2"))
        #expect(try await refusal(options) == nil)

        options.credentials = .init(username: nil, password: Secret("hunter3"))
        let wrong = try #require(try await refusal(options))
        #expect(wrong.kind == .refused("WRONGPASS") && !wrong.description.contains("hunter"))
        let none = try #require(try await refusal(server.options))
        #expect(none.kind == .refused("NOAUTH"))
    }

    @Test("a user of the access lists has what the README says it needs, and no more")
    func accessLists() async throws {
        let server = try await RedisServer()
        let rights = RedisRights(prefix: "rq:", isCluster: false)
        try await server.run(rights.user("chat", password: "s3cret"), ["ACL", "SETUSER", "default", "off"])
        var options = server.options
        options.credentials = .init(username: "chat", password: Secret("s3cret"))
        options.database = 1
        try await withClient(options) { client in
            try await client.connect()
            let ear = BrokerEar(client, database: 1)
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
            let foreign = await #expect(throws: RedisFailure.self) {
                try await client.commands.send(RedisCommand("ZADD", "other", 1, "x"))
            }
            #expect(foreign?.kind == .refused("NOPERM"))
        }
    }

    @Test("keys are in the database of that number, channels carry it")
    func database() async throws {
        let server = try await RedisServer()
        var options = server.options
        options.database = 7
        try await withClient(options) { client in
            try await client.connect()
            _ = try await client.commands.send(RedisCommand("SET", "rq:x", "1"))
            #expect(try await server.run(["SELECT", "7"], ["GET", "rq:x"])[1].text == "1")
            #expect(try await server.run(["GET", "rq:x"]) == [.null])
            let (ours, theirs) = (BrokerEar(client, database: 7), ["PUBLISH", "rq:bus:7:t", "seven"])
            try await ours.subscribe("t")
            try await server.run(["PUBLISH", "rq:bus:0:t", "zero"], theirs)
            try await until("ours arrives") { ours.bodies(on: "t") == ["seven"] }
        }
        options.database = 99
        #expect(try await refusal(options)?.kind == .refused("ERR"))
    }

    @Test("over a local socket")
    func localSocket() async throws {
        let folder = try TestFolder()
        let server = try await RedisServer(["--unixsocket", folder.path + "/redis.sock"], folder: folder)
        let options = RedisOptions(server: .fixed(.socket(path: folder.path + "/redis.sock")))
        try await withClient(options) { client in
            try await client.connect()
            #expect(try await client.commands.send(RedisCommand("DBSIZE")) == .integer(0))
        }
        #expect(try await server.run(["PING"]) == [.status("PONG")])
    }

    @Test("with TLS: the right authority, the right name, and a certificate of ours where it is wanted")
    func tls() async throws {
        let files = try TestCertificates()
        let port = try freePort()
        let server = try await RedisServer([
            "--tls-port", "\(port)", "--tls-cert-file", files.path("server.crt"), "--tls-key-file",
            files.path("server.key"), "--tls-ca-cert-file", files.path("ca.crt"), "--tls-auth-clients", "yes",
        ])
        var options = RedisOptions(server: .fixed(.host("localhost", port: port)))
        let good = RedisTLS(
            authorities: files.path("ca.crt"), certificate: files.path("client.crt"), key: files.path("client.key"))
        options.tls = good
        try await withClient(options) { client in
            try await client.connect()
            let ear = BrokerEar(client)
            try await ear.subscribe("x")
            // More than a record of TLS.
            let long = String(repeating: "x", count: 300_000)
            #expect(await ear.publish(long, to: "x"))
            try await until("it arrives") { ear.bodies(on: "x") == [long] }
        }
        options.tls?.authorities = files.path("other.crt")
        #expect(try await refusal(options)?.description.contains("CERTIFICATE_VERIFY_FAILED") == true)
        options.tls = good
        options.server = .fixed(.host("127.0.0.1", port: port))
        #expect(try await refusal(options) != nil)
        options.tls?.verification = .certificate
        #expect(try await refusal(options) == nil)
        options.tls?.certificate = nil
        options.tls?.key = nil
        #expect(try await refusal(options) != nil)
        options.tls?.authorities = files.path("none.crt")
        #expect(throws: RedisTLS.Problem.self) { try RedisClient(options, on: RedisServer.loop, scripts: []) }
        withExtendedLifetime(server) {}
    }

    @Test("a replica is refused with the reason")
    func replica() async throws {
        let master = try await RedisServer()
        let replica = try await RedisServer(["--replicaof", "127.0.0.1 \(master.port)"])
        #expect(try await refusal(replica.options)?.description.contains("not the master") == true)
    }

    @Test("a server that is full of clients says so itself")
    func clients() async throws {
        let server = try await RedisServer(["--maxclients", "1"])
        let failure = try #require(try await refusal(server.options))
        #expect(failure.description == "ERR max number of clients reached")
    }

    @Test("a server that is not there is said with its place")
    func nobody() async throws {
        let options = RedisOptions(server: .fixed(.host("127.0.0.1", port: try freePort())))
        let failure = try #require(try await refusal(options))
        #expect(failure.description.contains("127.0.0.1:") && failure.description.contains("refused"), "\(failure)")
    }
}
