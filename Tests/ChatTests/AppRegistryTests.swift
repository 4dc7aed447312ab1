import PluginAPI
import Testing

@Suite("App registry")
struct AppRegistryTests {
    private let store = MemoryStore()
    private var registry: AppRegistry { AppRegistry(store: store, clock: ManualClock()) }

    @Test("a new app has a UUID, a trimmed name, and a key of which only the hash is stored")
    func create() async throws {
        let (app, key) = try await registry.create(name: " \tShop ✓\n")
        #expect(app.name == "Shop ✓")
        #expect(app.id.rawValue.utf8.count == 36)
        #expect(key.utf8.count == 43)
        let hash = try #require(store.state.withLock { $0.credentials[app.id]?.keyHash })
        #expect(!hash.contains(key))
        #expect(SaltedKeyHash(stored: hash)?.matches(key: key) == true)
    }

    @Test("a name has 1 to 255 UTF-16 units without the white space around it")
    func names() async throws {
        for name in ["", "  \n", String(repeating: "x", count: 256), String(repeating: "😀", count: 128)] {
            let error = await #expect(throws: ChatError.self) { try await registry.create(name: name) }
            #expect(error?.code == .validation)
        }
        let longest = String(repeating: "x", count: 255)
        #expect(try await registry.create(name: longest + "  ").app.name == longest)
    }

    @Test("a rotation gives a new key, or none for an unknown app")
    func rotate() async throws {
        let (app, old) = try await registry.create(name: "Shop")
        let new = try #require(try await registry.rotateKey(of: app.id, overlap: .seconds(60)))
        #expect(new != old)
        let credentials = try #require(store.state.withLock { $0.credentials[app.id] })
        #expect(SaltedKeyHash(stored: credentials.keyHash)?.matches(key: new) == true)
        #expect(credentials.previousKeyExpiresAt == Timestamp(milliseconds: 60_000))
        _ = try await registry.rotateKey(of: app.id, overlap: .zero)
        #expect(store.state.withLock { $0.credentials[app.id]?.previousKeyExpiresAt } == nil)
        #expect(try await registry.rotateKey(of: "nobody", overlap: .zero) == nil)
    }
}
