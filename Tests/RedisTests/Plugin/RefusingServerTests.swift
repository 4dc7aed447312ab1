import Glibc
import NIOPosix
import PluginAPI
import Testing

@testable import RedisPlugin

@Suite("Redis: servers that answer and refuse", .timeLimit(.minutes(10)))
struct RefusingServerTests {
    private func withPlugin(
        _ server: RedisServer, isRequired: Bool = true, startPatience: Duration = .seconds(60),
        isolation: isolated (any Actor)? = #isolation,
        _ body: (any Plugin, PluginBench) async throws -> Void
    ) async throws {
        let bench = try await PluginBench()
        let plugin = try bench.plugin(
            [("url", "redis://127.0.0.1:\(server.port)"), ("command_timeout", "5s")], isRequired: isRequired,
            startPatience: startPatience)
        do {
            try await body(plugin, bench)
            await plugin.stop()
            try await bench.close()
        } catch {
            await plugin.stop()
            throw error
        }
    }

    /// What readiness says, if anything.
    private func complaint(_ bench: PluginBench) async -> String? {
        do {
            try await bench.check()
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// How often it became degraded for a reason that holds a word.
    private func count(_ word: String, in bench: PluginBench) -> Int {
        bench.reports.all.count { $0.state == .degraded && $0.reason?.contains(word) == true }
    }

    @Test("memory that is full later: degraded once in Redis' words and still ready, and well again once")
    func full() async throws {
        let server = try await RedisServer()
        try await withPlugin(server) { plugin, bench in
            try await bench.start(plugin)
            let directory = try #require(bench.value(of: "presence-directory") as? any PresenceDirectory)
            let heard = Journal<PresenceDirectoryStatus>()
            directory.observe { heard.add($0) }
            try await server.run(
                ["CONFIG", "SET", "maxmemory-policy", "noeviction"], ["CONFIG", "SET", "maxmemory", "1"])
            try await until("it is degraded") { bench.health.report.state == .degraded }
            let reason = bench.health.report.reason ?? ""
            #expect(reason.contains("OOM command not allowed") && reason.contains("ZADD, SADD, SET"), "\(reason)")
            #expect(await complaint(bench) == nil)
            let refused = "OOM command not allowed when used memory > 'maxmemory'. (refused: ZADD, SADD, SET)"
            try await until("presence hears the words") { heard.all.last == .unavailable(reason: refused) }
            let limiter = try #require(bench.value(of: "rate-limits") as? any SharedLimiter)
            #expect(await limiter.take("k", TokenBucket.Rules(capacity: 1, refillPerSecond: 1)) == nil)
            try await server.run(["CONFIG", "SET", "maxmemory", "0"])
            try await until("it is well") { bench.health.report.state == .ready }
            try await until("presence hears of it") { heard.all.last == .available }
            #expect(count("OOM", in: bench) == 1 && bench.lines.all.count { $0.contains("used again") } == 1)
        }
    }

    @Test("memory that is full at the start: it starts, since events travel, and says so")
    func fullAtStart() async throws {
        let server = try await RedisServer(["--maxmemory", "1", "--maxmemory-policy", "noeviction"])
        try await withPlugin(server) { plugin, bench in
            try await bench.start(plugin)
            #expect(bench.health.report.state == .degraded)
            #expect(bench.health.report.reason?.contains("OOM command not allowed") == true)
            #expect(await complaint(bench) == nil)
        }
    }

    @Test(
        "rights that are taken away later make it unready in Redis' words; given back, it is ready; each is told once")
    func taken() async throws {
        for right in ["resetchannels", "-publish", "-subscribe", "-unsubscribe"] {
            let server = try await RedisServer()
            try await withPlugin(server) { plugin, bench in
                try await bench.start(plugin)
                try await server.run(["ACL", "SETUSER", "default", right])
                // What is subscribed stays so until the connection is made anew.
                try await server.run(["CLIENT", "KILL", "TYPE", "pubsub"])
                try await until("\(right) is noticed") { await complaint(bench)?.contains("NOPERM") == true }
                try await until("and told") { count("NOPERM", in: bench) == 1 }
                #expect(bench.health.report.state == .degraded)
                try await server.run(["ACL", "SETUSER", "default", "allchannels", "+@all"])
                try await until("it is ready") { await complaint(bench) == nil && bench.health.report.state == .ready }
                #expect(count("NOPERM", in: bench) == 1)
                #expect(bench.lines.all.count { $0.contains("NOPERM") } == 1, "\(bench.lines.all)")
                #expect(bench.lines.all.count { $0.contains("can be used again") } == 1)
            }
        }
    }

    @Test("a right to scripts that is taken away later leaves it ready, and degraded with the name")
    func scripts() async throws {
        let server = try await RedisServer()
        try await withPlugin(server) { plugin, bench in
            try await bench.start(plugin)
            try await server.run(["ACL", "SETUSER", "default", "-evalsha"])
            try await until("it is told") { count("'evalsha'", in: bench) == 1 }
            #expect(await complaint(bench) == nil)
        }
    }

    @Test("an optional one whose rights are missing starts degraded with the words, and joins when they are given")
    func optional() async throws {
        let server = try await RedisServer()
        try await server.run(["ACL", "SETUSER", "default", "resetchannels"])
        try await withPlugin(server, isRequired: false) { plugin, bench in
            try await bench.start(plugin)
            #expect(bench.health.report.state == .degraded)
            #expect(bench.health.report.reason?.contains("NOPERM") == true, "\(bench.health.report)")
            try await server.run(["ACL", "SETUSER", "default", "allchannels"])
            try await until("it joins") { bench.health.report.state == .ready }
        }
    }

    @Test("a command that was renamed is named", arguments: ["PUBLISH", "EVALSHA", "SUBSCRIBE", "ZADD", "HELLO"])
    func renamed(command: String) async throws {
        let server = try await RedisServer(["--rename-command", command, "hidden"])
        try await withPlugin(server) { plugin, bench in
            let error = await #expect(throws: Unusable.self) { try await bench.start(plugin) }
            let text = error?.description ?? ""
            #expect(text.contains("unknown command '\(command)'"), "\(text)")
        }
    }

    @Test("a server that is no master, wants a password or never answers is refused with the reason")
    func unusable() async throws {
        let master = try await RedisServer()
        let replica = try await RedisServer(["--replicaof", "127.0.0.1 \(master.port)"])
        let guarded = try await RedisServer(["--requirepass", "hunter2"])
        let frozen = try await RedisServer()
        for (server, word) in [(replica, "not the master"), (guarded, "NOAUTH"), (frozen, "did not answer in time")] {
            if server === frozen { server.signal(SIGSTOP) }
            try await withPlugin(server, startPatience: .seconds(10)) { plugin, bench in
                let error = await #expect(throws: Unusable.self) { try await bench.start(plugin) }
                #expect(error?.description.contains(word) == true, "\(error.map { "\($0)" } ?? "")")
            }
            if server === frozen { server.signal(SIGCONT) }
        }
    }

    @Test("a server without the replicas that it waits for is said in its words, and events go on")
    func replicas() async throws {
        let server = try await RedisServer()
        try await withPlugin(server) { plugin, bench in
            try await bench.start(plugin)
            try await server.run(["CONFIG", "SET", "min-replicas-to-write", "1"])
            try await until("it is degraded") { count("NOREPLICAS", in: bench) == 1 }
            #expect(await complaint(bench) == nil)
            try await server.run(["CONFIG", "SET", "min-replicas-to-write", "0"])
            try await until("it is well") { bench.health.report.state == .ready }
        }
    }

    @Test("a server that loads for long is tried again and again, and said once")
    func loading() async throws {
        let server = try await FakeServer.welcoming { _ in
            ByteBuffer(string: "-LOADING Redis is loading the dataset in memory\r\n")
        }
        let bench = try await PluginBench()
        let plugin = try bench.plugin([("url", "redis://127.0.0.1:\(server.port)")], isRequired: false)
        try await bench.start(plugin)
        try await until("it is tried again and again") { server.connections.count >= 12 }
        #expect(count("LOADING Redis is loading", in: bench) == 1, "\(bench.reports.all)")
        #expect(bench.lines.all.count == 1, "\(bench.lines.all)")
        await plugin.stop()
        try await bench.close()
    }

    @Test("connections that lead to two servers do not carry, and are made anew")
    func twoServers() async throws {
        let (one, other) = (try await RedisServer(), try await RedisServer())
        let proxy = try await CuttingProxy(to: one, other, on: MultiThreadedEventLoopGroup.singleton.next())
        var options = RedisOptions(server: .fixed(proxy.address)).impatient
        options.commandTimeout = .seconds(1)
        try await withClient(options) { client in
            let failures = Journal<RedisFailure>()
            client.observe { if let failure = $0.failure { failures.add(failure) } }
            try await until("it is noticed") {
                failures.all.contains { $0.description.contains("does not come back") }
            }
            #expect(await client.currentStatus().isConnected == false)
            proxy.join()
            try await client.connect()
        }
    }
}
