import NIOEmbedded
import PluginAPI
import Synchronization
import Testing

@testable import ChatPlugin

@Suite("Key check", .timeLimit(.minutes(10)))
struct KeyGateTests {
    private let bench = Bench()

    private func makeApp() async throws -> (AppID, String) {
        let (app, key) = try await AppRegistry(store: bench.store, clock: bench.clock).create(name: "Shop")
        return (app.id, key)
    }

    private var reads: Int { bench.store.state.withLock { $0.credentialReads } }

    @Test("a key is read once a minute, a wrong one once in ten seconds")
    func lifetimes() async throws {
        let (app, key) = try await makeApp()
        for _ in 0..<3 { #expect(try await bench.service.accepts(key: key, of: app)) }
        for _ in 0..<3 { #expect(try await !bench.service.accepts(key: "wrong", of: app)) }
        #expect(reads == 2)
        await bench.loop.advanceTime(by: .seconds(10))
        _ = try await bench.service.accepts(key: key, of: app)
        #expect(reads == 2)
        _ = try await bench.service.accepts(key: "wrong", of: app)
        #expect(reads == 3)
        await bench.loop.advanceTime(by: .seconds(50))
        _ = try await bench.service.accepts(key: key, of: app)
        #expect(reads == 4)
    }

    @Test("keys asked for at the same time share one read")
    func shared() async throws {
        let (app, key) = try await makeApp()
        let gate = Gate()
        bench.store.state.withLock { $0.gate = gate }
        let accepted = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 { group.addTask { try await bench.service.accepts(key: key, of: app) } }
            await gate.hasVisitor()
            for _ in 0..<200 { await Task.yield() }
            await gate.open()
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(accepted == 20)
        #expect(reads == 1)
    }

    @Test("what was read before a rotation is not remembered after it")
    func rotation() async throws {
        let (app, key) = try await makeApp()
        let gate = Gate()
        bench.store.state.withLock { $0.gate = gate }
        let early = Task { try await bench.service.accepts(key: key, of: app) }
        await gate.hasVisitor()
        bench.service.forgetKeys(of: app)
        await gate.open()
        _ = try await early.value
        let registry = AppRegistry(store: bench.store, clock: bench.clock)
        let new = try #require(try await registry.rotateKey(of: app, overlap: .zero))
        #expect(try await !bench.service.accepts(key: key, of: app))
        #expect(try await bench.service.accepts(key: new, of: app))
        #expect(reads == 3)
    }

    @Test("an app that is forgotten while another one is read does not keep that from being remembered and watched")
    func otherRotation() async throws {
        let (app, key) = try await makeApp()
        let watched = Mutex<[AppID]>([])
        let keys = KeyGate(
            store: bench.store, clock: bench.clock, eventLoop: bench.loop, configuration: ChatConfiguration()
        ) { credentials in watched.withLock { $0.append(credentials.app) } }
        let gate = Gate()
        bench.store.state.withLock { $0.gate = gate }
        async let isAccepted = keys.accepts(key: key, of: app)
        await gate.hasVisitor()
        keys.forget("other")
        await gate.open()
        #expect(try await isAccepted)
        #expect(try await keys.accepts(key: key, of: app))
        #expect(watched.withLock { $0 } == [app] && reads == 1)
    }

    @Test("what is known of an app that was forgotten is bounded, and errs on the side of having forgotten it")
    func forgotten() {
        var forgotten = ForgottenApps(capacity: 2)
        forgotten.forget("a")
        let epoch = forgotten.epoch
        #expect(forgotten.isKept("a", since: epoch) && !forgotten.isKept("a", since: epoch - 1))
        #expect(forgotten.isKept("b", since: 0))
        for app: AppID in ["b", "c"] { forgotten.forget(app) }
        #expect(forgotten.isKept("a", since: epoch) && !forgotten.isKept("d", since: 0))
        #expect(!forgotten.isKept("b", since: epoch) && forgotten.isKept("c", since: forgotten.epoch))
    }

    @Test("the key before a rotation is accepted for the overlap, and not a moment longer from memory")
    func overlap() async throws {
        let (app, old) = try await makeApp()
        let registry = AppRegistry(store: bench.store, clock: bench.clock)
        _ = try await registry.rotateKey(of: app, overlap: .seconds(20))
        #expect(try await bench.service.accepts(key: old, of: app))
        bench.clock.advance(by: .seconds(20))
        await bench.loop.advanceTime(by: .seconds(20))
        #expect(try await !bench.service.accepts(key: old, of: app))
    }

    @Test("a failing store is told as unavailable, keeps its advice, and is asked again")
    func failure() async throws {
        let (app, key) = try await makeApp()
        let advice = ChatError(.unavailable, "away", retryAfter: .seconds(7))
        bench.store.state.withLock { $0.failures = [advice, CancellationError()] }
        let first = await #expect(throws: ChatError.self) { try await bench.service.accepts(key: key, of: app) }
        #expect(first?.code == .unavailable && first?.retryAfter == .seconds(7))
        let second = await #expect(throws: ChatError.self) { try await bench.service.accepts(key: key, of: app) }
        #expect(second?.code == .unavailable)
        #expect(try await bench.service.accepts(key: key, of: app))
    }

    @Test("an unknown app and one with a zero byte in its name are refused")
    func unknown() async throws {
        #expect(try await !bench.service.accepts(key: "k", of: "nobody"))
        #expect(try await !bench.service.accepts(key: "k", of: "a\0b"))
        #expect(reads == 1)
    }
}
