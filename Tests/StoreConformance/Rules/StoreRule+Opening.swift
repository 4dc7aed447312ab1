import PluginAPI
import Testing

extension StoreRule {
    static let opening = [
        StoreRule("opening creates once per app, device and user or none") { scene in
            let anonymous = try await scene.open()
            #expect(anonymous.isNew)
            #expect(anonymous.conversation.status == .open)
            #expect(anonymous.conversation.metadata.isEmpty)
            #expect(anonymous.conversation.createdAt == at(1) && anonymous.conversation.updatedAt == at(1))
            let again = try await scene.open(at: at(5))
            #expect(!again.isNew)
            #expect(again.conversation == anonymous.conversation)
            let ofUser = try await scene.open(user: "u1")
            #expect(ofUser.isNew && ofUser.conversation.userID == "u1")
            let elsewhere = try await scene.open(scene.device("tablet"), user: "u1")
            #expect(elsewhere.isNew && elsewhere.conversation.id != ofUser.conversation.id)
        },
        StoreRule("opening merges a newer device context and keeps the rest") { scene in
            let first = DeviceContext(platform: .ios, details: ["os_version": "18.1", "locale": "de_DE"])
            let opened = try await scene.open(context: first).conversation
            let expected: JSONObject = [
                "device_context": ["platform": "ios", "os_version": "18.1", "locale": "de_DE"]
            ]
            #expect(opened.metadata == expected)
            try await scene.store.identify(UserProfile(id: "u1", name: "Ada"), on: scene.device(), at: at(2))
            let second = DeviceContext(platform: .ios, details: ["os_version": "18.2", "app_version": "7"])
            let again = try await scene.open(user: "u1", context: second, at: at(3))
            #expect(!again.isNew && again.conversation.id == opened.id)
            #expect(again.conversation.updatedAt == opened.updatedAt)
            let merged: JSONObject = [
                "device_context": ["platform": "ios", "os_version": "18.2", "locale": "de_DE", "app_version": "7"],
                "user": ["id": "u1", "name": "Ada"],
            ]
            #expect(again.conversation.metadata == merged)
            #expect(try await scene.head(opened.id).conversation.metadata == merged)
            let without = try await scene.open(user: "u1", at: at(4))
            #expect(without.conversation.metadata == merged)
        },
        StoreRule("opening upserts the device with platform and user") { scene in
            _ = try await scene.open(at: at(1))
            let unknown = try #require(try await scene.store.devices(of: .device("phone"), app: scene.app).first)
            #expect(unknown.platform == .unknown && unknown.userID == nil && unknown.createdAt == at(1))
            _ = try await scene.open(user: "u1", context: DeviceContext(platform: .android), at: at(7))
            let known = try #require(try await scene.store.devices(of: .device("phone"), app: scene.app).first)
            #expect(known.platform == .android && known.userID == "u1" && known.createdAt == at(1))
            _ = try await scene.open(at: at(8))
            let still = try #require(try await scene.store.devices(of: .device("phone"), app: scene.app).first)
            #expect(still.platform == .android)
        },
        StoreRule("the latest conversation of a device is the one last touched, with its newest message") { scene in
            #expect(try await scene.store.latestConversation(of: scene.device()) == nil)
            let first = try await scene.open(at: at(1)).conversation
            let second = try await scene.open(user: "u1", at: at(2)).conversation
            let empty = try await scene.store.latestConversation(of: scene.device())
            #expect(empty?.conversation.id == second.id && empty?.lastMessageID == nil)
            let message = try await scene.say("hello", in: first.id, at: at(3))
            let latest = try await scene.store.latestConversation(of: scene.device())
            #expect(latest?.conversation.id == first.id && latest?.lastMessageID == message.id)
            #expect(latest?.conversation.updatedAt == at(3))
        },
        StoreRule("resolving and opening touch the conversation only when something changed") { scene in
            let id = try await scene.open().conversation.id
            let resolved = try #require(
                try await scene.store.setStatus(.resolved, of: id, in: scene.agents, at: at(5)))
            #expect(resolved.changed && resolved.conversation.status == .resolved)
            #expect(resolved.conversation.updatedAt == at(5))
            let again = try #require(try await scene.store.setStatus(.resolved, of: id, in: scene.agents, at: at(6)))
            #expect(!again.changed && again.conversation == resolved.conversation)
            #expect(try await scene.head(id).conversation == resolved.conversation)
            let nobody = try await scene.store.setStatus(.open, of: "conv_none", in: scene.agents, at: at(7))
            #expect(nobody == nil)
        },
        StoreRule("ids are opaque: quotes, emoji and other scripts are data like any other") { scene in
            let owner = scene.device("'; DROP TABLE \"messages\"; -- 設備 📱")
            let opened = try await scene.open(owner, user: "ユーザー'%_\\")
            let again = try await scene.open(owner, user: "ユーザー'%_\\")
            #expect(opened.isNew && !again.isNew)
            #expect(again.conversation == opened.conversation)
            #expect(again.conversation.owner == owner && again.conversation.userID == "ユーザー'%_\\")
        },
    ]
}
