import PluginAPI
import Testing

@testable import RedisPlugin

@Suite("Redis: presence", .timeLimit(.minutes(10)))
struct PresenceDirectoryTests {
    private let lease: Duration = .seconds(60)

    @Test("leases that run out are found once, and count no longer from the moment they run out")
    func expiry() async throws {
        try await withDirectory { directory, server in
            let mortal = (0..<30).map { ConnectionInfo.test("m\($0)", device: DeviceID("m\($0)")) }
            let alive = ConnectionInfo.test("alive", device: "alive")
            _ = try await directory.hold(mortal, by: "dead", for: .milliseconds(50))
            _ = try await directory.hold([alive], by: "live", for: lease)
            try await until("they run out") { try await !directory.isOnline(mortal[29].device) }
            #expect(try await directory.onlineDevices(of: "app") == ["alive"])
            #expect(try await directory.connections(of: "app") == [alive])
            async let first = directory.expire(limit: 20)
            async let second = directory.expire(limit: 20)
            let (some, others) = try await (first, second)
            #expect(some.count == 20 || others.count == 20)
            #expect(Set(some + others) == Set(mortal) && some.count + others.count == 30)
            #expect(try await directory.expire(limit: 20).isEmpty)
            #expect(Set(try await directory.settle(mortal.map(\.device))) == Set(mortal.map(\.device)))
            #expect(try await directory.isOnline(alive.device))
            #expect(try await server.run(["ZCARD", "rq:presence:leases"]) == [.integer(1)])
        }
    }

    @Test("thousands of connections are held, listed and released, each app's by itself")
    func many() async throws {
        try await withDirectory { directory, server in
            let all = (0..<3_000).map { ConnectionInfo.test("c\($0)", device: DeviceID("d\($0 / 2)")) }
            let foreign = ConnectionInfo.test("c0", device: "d0", app: "other")
            #expect(try await directory.hold(all, by: "a", for: lease).count == 1_500)
            #expect(try await directory.hold([foreign], by: "a", for: lease) == [foreign.device])
            let listed = try await directory.connections(of: "app")
            #expect(listed.count == 3_000 && Set(listed) == Set(all))
            #expect(try await directory.onlineDevices(of: "app").count == 1_500)
            #expect(try await directory.connections(of: "other") == [foreign])
            #expect(try await directory.connections(of: "nobody").isEmpty)
            try await directory.release(all, by: "a")
            #expect(try await directory.connections(of: "app").isEmpty)
            #expect(try await directory.settle(all.map(\.device)).count == 1_500)
            try await directory.release([foreign], by: "a")
            _ = try await directory.settle([foreign.device])
            // Nothing is left behind.
            #expect(try await server.run(["DBSIZE"]) == [.integer(0)])
        }
    }

    @Test("a short lease does not shorten the life of what others hold; a longer one lengthens it")
    func life() async throws {
        try await withDirectory { directory, server in
            let (one, two) = (ConnectionInfo.test("1", device: "d"), ConnectionInfo.test("2", device: "d"))
            _ = try await directory.hold([one], by: "live", for: lease)
            _ = try await directory.hold([two], by: "stopping", for: .seconds(1))
            let keys = try #require(try await server.run(["KEYS", "rq:presence:*"]).first?.items?.compactMap(\.text))
            var lives: [Int64] = []
            for key in keys { lives += try await server.run(["PTTL", key]).compactMap(\.integer) }
            // The app's and the device's; the lists of the server itself have none.
            #expect(lives.count { $0 > 0 } == 2 && lives.allSatisfy { $0 < 0 || $0 > 60_000 }, "\(lives)")
            _ = try await directory.hold([two], by: "stopping", for: lease * 5)
            lives = []
            for key in keys { lives += try await server.run(["PTTL", key]).compactMap(\.integer) }
            #expect(lives.count { $0 > 500_000 } == 2, "\(lives)")
        }
    }

    @Test("who observes hears at once how it stands, and then each change")
    func observing() async throws {
        let server = try await RedisServer()
        try await withClient(server.options.patient) { client in
            try await client.connect()
            let heard = Journal<Bool>()
            RedisPresenceDirectory(client: client, prefix: "rq:").observe { heard.add($0 == .available) }
            try await until("it is told") { heard.all == [true] }
            try await server.kill()
            try await until("the loss is told") { heard.all == [true, false] }
            try await server.restart()
            try await until("the return is told") { heard.all == [true, false, true] }
        }
    }
}
