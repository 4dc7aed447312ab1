import PluginAPI
import Testing

extension StoreRule {
    private static let policy = IdentityPolicy(secret: Secret("shop's own \"secret\""), isRequired: true)

    static let identity = [
        StoreRule("what an app asks for in proofs is kept with its keys, outlives their rotation, and can be dropped") {
            scene in
            let store = scene.store
            #expect(try await store.credentials(of: scene.app)?.identity == nil)
            #expect(try await store.setIdentityPolicy(policy, of: scene.app, at: at(1)))
            #expect(try await store.credentials(of: scene.app)?.identity == policy)
            _ = try await store.rotateKey(of: scene.app, to: "two", previousExpiresAt: at(99), at: at(2))
            let softer = IdentityPolicy(secret: policy.secret, isRequired: false)
            #expect(try await store.credentials(of: scene.app)?.identity == policy)
            #expect(try await store.setIdentityPolicy(softer, of: scene.app, at: at(3)))
            #expect(try await store.credentials(of: scene.app)?.identity == softer)
            #expect(try await store.setIdentityPolicy(nil, of: scene.app, at: at(4)))
            #expect(try await store.credentials(of: scene.app)?.identity == nil)
            #expect(try await store.setIdentityPolicy(nil, of: scene.app, at: at(5)))
        },
        StoreRule("an app's proofs are its own, and an unknown app has none") { scene in
            let other = try await scene.neighbour()
            #expect(try await scene.store.setIdentityPolicy(policy, of: scene.app, at: at(1)))
            #expect(try await other.store.credentials(of: other.app)?.identity == nil)
            let nobody = AppID(IDGenerator.uuidV4())
            #expect(try await !scene.store.setIdentityPolicy(policy, of: nobody, at: at(1)))
            #expect(try await !scene.store.setIdentityPolicy(nil, of: nobody, at: at(1)))
        },
        StoreRule("a device's first secret counts and nothing changes it; a device that claims is known") { scene in
            let (store, phone) = (scene.store, scene.device())
            #expect(try await store.proof(of: phone) == nil)
            #expect(try await store.claim(phone, secretHash: "one", at: at(1)) == "one")
            #expect(try await store.claim(phone, secretHash: "two", at: at(2)) == "one")
            #expect(try await store.proof(of: phone) == DeviceProof(userID: nil, secretHash: "one"))
            try await store.identify(UserProfile(id: "ada"), on: phone, at: at(3))
            _ = try await scene.open(phone, user: "ada", at: at(4))
            try await store.setPushToken(
                PushToken(token: "token-\(scene.app)", provider: .fcm, platform: .ios), of: phone, at: at(5))
            #expect(try await store.proof(of: phone) == DeviceProof(userID: "ada", secretHash: "one"))
            let device = try #require(try await store.devices(of: .device("phone"), app: scene.app).first)
            #expect(device.createdAt == at(1) && device.platform == .ios)
        },
        StoreRule("a device that was identified first has a user and no secret, and keeps the user when it claims") {
            scene in
            let (store, phone) = (scene.store, scene.device())
            try await store.identify(UserProfile(id: "ada"), on: phone, at: at(1))
            #expect(try await store.proof(of: phone) == DeviceProof(userID: "ada", secretHash: nil))
            #expect(try await store.claim(phone, secretHash: "one", at: at(2)) == "one")
            #expect(try await store.proof(of: phone) == DeviceProof(userID: "ada", secretHash: "one"))
            let other = try await scene.neighbour()
            #expect(try await other.store.proof(of: other.device()) == nil)
        },
        StoreRule("of twenty devices of one name that claim at once one wins, and all hear which") { scene in
            let kept = try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<20 {
                    group.addTask { try await scene.store.claim(scene.device(), secretHash: "\(number)", at: at(1)) }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(kept.count == 1)
            #expect(try await scene.store.proof(of: scene.device())?.secretHash == kept.first)
        },
    ]
}
