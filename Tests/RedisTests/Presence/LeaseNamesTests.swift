import PluginAPI
import Testing

@testable import RedisPlugin

@Suite("Redis: presence keys", .timeLimit(.minutes(10)))
struct LeaseNamesTests {
    private let lease: Duration = .seconds(60)

    @Test("keys of devices and apps end by themselves")
    func lifetimes() async throws {
        try await withDirectory { directory, server in
            _ = try await directory.hold([.test("1", device: "d")], by: "a", for: .seconds(60))
            for key in ["rq:presence:app:app", "rq:presence:device:3:app1:d"] {
                let life = try await server.run(["PTTL", key])[0].integer ?? 0
                #expect((110_000...120_000).contains(life), "\(key): \(life)")
            }
        }
    }

    @Test("whatever clients call themselves, they stay apart and come back as they were")
    func names() async throws {
        try await withDirectory { directory, _ in
            let names = ["", "1:a", "a\r\n", "ü:🙂", "*", "{x}", String(repeating: "x", count: 255), "0", "\0"]
            let all = names.flatMap { name in
                names.map { ConnectionInfo.test("c\(name)", device: DeviceID($0), app: AppID(name)) }
            }
            let shown = try await directory.hold(all, by: "n:1", for: lease)
            #expect(shown.count == all.count)
            for name in names {
                let expected = Set(all.filter { $0.device.app.rawValue == name })
                let found = try await directory.connections(of: AppID(name))
                #expect(Set(found) == expected)
            }
        }
    }

    @Test(
        "what was not written by this is no lease",
        arguments: ["", "x", "1:", "5:abc", "-1:a", "1:a", "3:ab", "1:a1:b1:c1:d1:x"])
    func foreign(text: String) {
        #expect(LeaseMember(text) == nil)
    }
}
