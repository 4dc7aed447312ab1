import PluginAPI
import Testing

extension StoreRule {
    static let identifying = [
        StoreRule("identifying adopts the anonymous conversation of a user who has none there") { scene in
            let anonymous = try await scene.open().conversation
            try await scene.store.identify(
                UserProfile(id: "u1", name: "Ada", email: "ada@example.org", attributes: ["plan": "pro", "seats": 3]),
                on: scene.device(), at: at(2))
            let adopted = try await scene.head(anonymous.id).conversation
            #expect(adopted.userID == "u1")
            let metadata: JSONObject = [
                "user": [
                    "id": "u1", "name": "Ada", "email": "ada@example.org", "attributes": ["plan": "pro", "seats": 3],
                ]
            ]
            #expect(adopted.metadata == metadata)
            #expect(try await scene.open(user: "u1").conversation.id == anonymous.id)
            #expect(try await scene.open().isNew)
        },
        StoreRule("identifying keeps both rows apart when the user has one on the device already") { scene in
            let anonymous = try await scene.open(at: at(1)).conversation
            let own = try await scene.open(user: "u1", at: at(2)).conversation
            try await scene.store.identify(UserProfile(id: "u1", name: "Ada"), on: scene.device(), at: at(3))
            let left = try await scene.head(anonymous.id).conversation
            #expect(left.userID == nil && left.metadata.isEmpty)
            #expect(try await scene.head(own.id).conversation.metadata["user"]?["name"]?.stringValue == "Ada")
        },
        StoreRule("identifying never takes another user's conversation") { scene in
            let ofA = try await scene.open(user: "a").conversation
            try await scene.store.identify(UserProfile(id: "a", name: "A"), on: scene.device(), at: at(2))
            let before = try await scene.head(ofA.id)
            try await scene.store.identify(UserProfile(id: "b", name: "B"), on: scene.device(), at: at(3))
            #expect(try await scene.head(ofA.id) == before)
            let ofB = try await scene.open(user: "b", at: at(4))
            #expect(ofB.isNew && ofB.conversation.id != ofA.id)
            #expect(try await scene.store.devices(of: .device("phone"), app: scene.app).first?.userID == "b")
        },
        StoreRule("identifying again merges: what is not given stays") { scene in
            let id = try await scene.open(context: DeviceContext(platform: .web)).conversation.id
            let whole = UserProfile(id: "u1", name: "Ada", email: "ada@example.org", attributes: ["plan": "pro"])
            try await scene.store.identify(whole, on: scene.device(), at: at(2))
            try await scene.store.identify(UserProfile(id: "u1", name: "Ada L."), on: scene.device(), at: at(3))
            let metadata: JSONObject = [
                "device_context": ["platform": "web"],
                "user": ["id": "u1", "name": "Ada L.", "email": "ada@example.org", "attributes": ["plan": "pro"]],
            ]
            #expect(try await scene.head(id).conversation.metadata == metadata)
        },
        StoreRule("identifying an unknown device makes its row, with platform unknown") { scene in
            try await scene.store.identify(UserProfile(id: "u1"), on: scene.device("new"), at: at(4))
            let device = try #require(try await scene.store.devices(of: .user("u1"), app: scene.app).first)
            #expect(device.identity == scene.device("new") && device.platform == .unknown && device.userID == "u1")
            #expect(device.createdAt == at(4) && device.pushTokenProvider == nil)
        },
        StoreRule("identifying concerns one device and one app") { scene in
            let other = try await scene.neighbour()
            let there = try await other.open().conversation
            let tablet = try await scene.open(scene.device("tablet")).conversation
            _ = try await scene.open()
            try await scene.store.identify(UserProfile(id: "u1", name: "Ada"), on: scene.device(), at: at(2))
            #expect(try await other.head(there.id).conversation == there)
            #expect(try await scene.head(tablet.id).conversation == tablet)
        },
    ]
}
