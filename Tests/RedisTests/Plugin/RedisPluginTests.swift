import PluginAPI
import Testing

@testable import RedisPlugin

@Suite("Redis plugin", .timeLimit(.minutes(10)))
struct RedisPluginTests {
    private func withPlugin(
        _ values: [(String, String)], isRequired: Bool, isolation: isolated (any Actor)? = #isolation,
        _ body: (any Plugin, PluginBench) async throws -> Void
    ) async throws {
        let bench = try await PluginBench()
        let plugin = try bench.plugin(values, isRequired: isRequired)
        do {
            try await body(plugin, bench)
            await plugin.stop()
            try await bench.close()
        } catch {
            await plugin.stop()
            throw error
        }
    }

    private func lines(_ word: String, in bench: PluginBench) -> Int {
        bench.lines.all.count { $0.contains(word) }
    }

    @Test("with Redis there it provides the bus and the presence directory, and is ready")
    func start() async throws {
        let server = try await RedisServer()
        try await withPlugin([("url", "redis://127.0.0.1:\(server.port)")], isRequired: true) { plugin, bench in
            try await bench.start(plugin)
            #expect(bench.health.report.state == .ready)
            #expect(bench.value(of: "bus") is any Bus)
            let directory = try #require(bench.value(of: "presence-directory") as? any PresenceDirectory)
            let connection = ConnectionInfo.test("c", device: "d")
            #expect(try await directory.hold([connection], by: "n", for: .seconds(60)).count == 1)
            try await bench.check()
            #expect(lines("Redis is connected", in: bench) == 1)
        }
        // Nothing of it stays.
        try await until("its connections are closed") {
            let list = try await server.run(["CLIENT", "LIST"])[0].text ?? ""
            return list.split(separator: "\n").count == 1
        }
    }

    @Test("required and not there: it refuses to start, within its time and with the reason")
    func required() async throws {
        let port = try freePort()
        try await withPlugin([("url", "redis://:hunter2@127.0.0.1:\(port)")], isRequired: true) { plugin, bench in
            let started = ContinuousClock.now
            let error = await #expect(throws: Unusable.self) { try await bench.start(plugin) }
            #expect(ContinuousClock.now - started < .seconds(30))
            let text = "\(try #require(error))"
            #expect(text.contains("127.0.0.1:\(port)") && text.contains("refused") && !text.contains("hunter2"))
            #expect(bench.value(of: "bus") == nil)
        }
    }

    @Test("optional and not there: it starts degraded and joins when Redis appears; each is logged once")
    func optional() async throws {
        let port = try freePort()
        try await withPlugin([("url", "redis://127.0.0.1:\(port)")], isRequired: false) { plugin, bench in
            try await bench.start(plugin)
            #expect(bench.health.report.state == .degraded && bench.checkCount == 0)
            let directory = try #require(bench.value(of: "presence-directory") as? any PresenceDirectory)
            let device = DeviceIdentity(app: "app", device: "d")
            let error = await #expect(throws: ChatError.self) { try await directory.isOnline(device) }
            #expect(error?.code == .unavailable)

            let server = try await RedisServer(port: port)
            try await until("it joins") { bench.health.report.state == .ready }
            #expect(try await !directory.isOnline(device))
            try await server.kill()
            try await until("it notices") { bench.health.report.state == .degraded }
            try await server.restart()
            try await until("it is back") { bench.health.report.state == .ready }
            // Logged after health has changed.
            func recoveries() -> Int { lines("is connected", in: bench) + lines("can be used again", in: bench) }
            try await until("it is logged") { recoveries() >= 2 }
            #expect(lines("cannot be used", in: bench) == 2, "\(bench.lines.all)")
            #expect(recoveries() == 2)
        }
    }

    @Test("required and lost: readiness follows")
    func readiness() async throws {
        let server = try await RedisServer()
        try await withPlugin([("url", "redis://127.0.0.1:\(server.port)")], isRequired: true) { plugin, bench in
            try await bench.start(plugin)
            try await server.kill()
            try await until("it is unready") { (try? await bench.check()) == nil }
            try await server.restart()
            try await until("it is ready") { (try? await bench.check()) != nil }
        }
    }

    @Test("TLS files that cannot be read are said")
    func files() async throws {
        let values = [("url", "rediss://localhost"), ("tls_ca", "/nowhere/ca.crt")]
        try await withPlugin(values, isRequired: false) { plugin, bench in
            let error = await #expect(throws: RedisTLS.Problem.self) { try await bench.start(plugin) }
            #expect(error?.description.contains("/nowhere/ca.crt") == true)
        }
    }
}
