import PluginAPI
import Testing

extension StoreRule {
    static let apps = [
        StoreRule("an app is found by its id and listed, newest first") { scene in
            let later = App(id: AppID(IDGenerator.uuidV4()), name: "Später ✨", createdAt: at(50))
            try await scene.store.createApp(later, keyHash: "b")
            #expect(try await scene.store.app(later.id) == later)
            let listed = try await scene.store.apps().map(\.id).filter { [later.id, scene.app].contains($0) }
            #expect(listed == [later.id, scene.app])
        },
        StoreRule("an unknown app has neither row nor credentials, and rotating its key says so") { scene in
            let nobody = AppID(IDGenerator.uuidV4())
            #expect(try await scene.store.app(nobody) == nil)
            #expect(try await scene.store.credentials(of: nobody) == nil)
            let isKnown = try await scene.store.rotateKey(of: nobody, to: "x", previousExpiresAt: at(1), at: at(0))
            #expect(!isKnown)
        },
        StoreRule("an app's id is taken once") { scene in
            await expectError(.conflict) {
                try await scene.store.createApp(App(id: scene.app, name: "Twin", createdAt: at(9)), keyHash: "twin")
            }
            let kept = try await scene.store.app(scene.app)
            #expect(kept?.name == "Scene")
        },
        StoreRule("rotation keeps the old key until it expires, or not at all") { scene in
            let first = "hash-\(scene.app)"
            let fresh = try await scene.store.credentials(of: scene.app)
            #expect(fresh == AppCredentials(app: scene.app, keyHash: first))
            #expect(try await scene.store.rotateKey(of: scene.app, to: "two", previousExpiresAt: at(99), at: at(3)))
            let both = AppCredentials(
                app: scene.app, keyHash: "two", previousKeyHash: first, previousKeyExpiresAt: at(99))
            #expect(try await scene.store.credentials(of: scene.app) == both)
            #expect(try await scene.store.rotateKey(of: scene.app, to: "three", previousExpiresAt: nil, at: at(4)))
            let last = try await scene.store.credentials(of: scene.app)
            #expect(last == AppCredentials(app: scene.app, keyHash: "three"))
        },
        StoreRule("the credentials of several apps are those of each, and unknown ones are left out") { scene in
            let other = try await scene.neighbour()
            _ = try await scene.store.rotateKey(
                of: other.app, to: "next-\(other.app)", previousExpiresAt: at(99), at: at(3))
            let policy = IdentityPolicy(secret: Secret("secret"), isRequired: true)
            _ = try await scene.store.setIdentityPolicy(policy, of: scene.app, at: at(4))
            let found = try await scene.store.credentials(of: [scene.app, AppID(IDGenerator.uuidV4()), other.app])
            var expected: [AppID: AppCredentials] = [:]
            for app in [scene.app, other.app] { expected[app] = try await scene.store.credentials(of: app) }
            #expect(found.count == 2 && Dictionary(uniqueKeysWithValues: found.map { ($0.app, $0) }) == expected)
            #expect(try await scene.store.credentials(of: []).isEmpty)
        },
        StoreRule("a healthy store says so") { scene in try await scene.store.checkHealth() },
    ]
}
