import NIOEmbedded
import PluginAPI
import Testing

@testable import ChatPlugin

@Suite("Access that is changed elsewhere", .timeLimit(.minutes(10)))
struct AccessWatchTests {
    private let bench = Bench()
    private var registry: AppRegistry { AppRegistry(store: bench.store, clock: bench.clock) }

    /// An app whose key was accepted, and is remembered.
    private func appInUse() async throws -> (AppID, String) {
        let (app, key) = try await registry.create(name: "Shop")
        #expect(try await bench.service.accepts(key: key, of: app.id))
        return (app.id, key)
    }

    @Test("a key that was replaced without an overlap is refused soon, and its connections are to end")
    func rotated() async throws {
        let (app, old) = try await appInUse()
        let new = try #require(try await registry.rotateKey(of: app, overlap: .zero))
        // Seconds pass until the watch, whose looks at the store take real time, has noticed.
        while bench.heard.names.isEmpty, bench.loop.now < .uptimeNanoseconds(0) + .hours(100) {
            await bench.loop.advanceTime(by: .seconds(1))
            await Task.yield()
        }
        #expect(bench.heard.names == ["revoked \(app)"])
        #expect(try await !bench.service.accepts(key: old, of: app))
        #expect(try await bench.service.accepts(key: new, of: app))
    }

    @Test("asked to look, it looks at once")
    func asked() async throws {
        let (app, old) = try await appInUse()
        _ = try await registry.rotateKey(of: app, overlap: .zero)
        try await bench.service.checkAccess()
        #expect(try await !bench.service.accepts(key: old, of: app))
        #expect(bench.heard.names == ["revoked \(app)"])
    }

    @Test("a client with the new key is enough to notice")
    func newKey() async throws {
        let (app, old) = try await appInUse()
        let new = try #require(try await registry.rotateKey(of: app, overlap: .zero))
        #expect(try await bench.service.accepts(key: new, of: app))
        #expect(try await !bench.service.accepts(key: old, of: app))
        #expect(bench.heard.names == ["revoked \(app)"])
    }

    @Test("an overlap leaves the old key and connections alone")
    func overlap() async throws {
        let (app, old) = try await appInUse()
        _ = try await registry.rotateKey(of: app, overlap: .seconds(60))
        try await bench.service.checkAccess()
        #expect(try await bench.service.accepts(key: old, of: app))
        #expect(bench.heard.names == [])
    }

    @Test("proofs that become required, and a new secret, end connections; asking for less does not")
    func identity() async throws {
        let (app, _) = try await appInUse()
        func set(_ mode: IdentityMode, newSecret: Bool = false) async throws -> [String] {
            _ = try await registry.setIdentity(of: app, to: mode, newSecret: newSecret)
            try await bench.service.checkAccess()
            defer { bench.heard.forget() }
            return bench.heard.names
        }
        let revoked = ["revoked \(app), key holds"]
        #expect(try await set(.optional) == [])
        #expect(try await set(.required) == revoked)
        #expect(try await set(.optional) == [])
        #expect(try await set(.optional, newSecret: true) == revoked)
        #expect(try await set(.off) == [])
        #expect(try await set(.required) == revoked)
    }

    @Test("a key that is replaced together with the proofs holds no more")
    func both() async throws {
        let (app, _) = try await appInUse()
        _ = try await registry.setIdentity(of: app, to: .required, newSecret: false)
        _ = try await registry.rotateKey(of: app, overlap: .zero)
        try await bench.service.checkAccess()
        #expect(bench.heard.names == ["revoked \(app)"])
    }

    @Test("an app that is gone loses access")
    func gone() async throws {
        let (app, key) = try await appInUse()
        bench.store.state.withLock { $0.credentials[app] = nil }
        try await bench.service.checkAccess()
        #expect(try await !bench.service.accepts(key: key, of: app))
        #expect(bench.heard.names == ["revoked \(app)"])
    }
}
