import PluginAPI
import Testing

extension StoreRule {
    static let scoping = [
        StoreRule("what lies outside the scope is as if it did not exist, and stays as it is") { scene in
            let id = try await scene.open().conversation.id
            let message = try await scene.say("secret", in: id, from: .agent)
            let before = try await scene.head(id)
            let other = try await scene.neighbour()
            let strangers: [ConversationScope] = [
                other.agents, .device(other.device()), .device(scene.device("tablet")),
            ]
            let store = scene.store
            for scope in strangers {
                #expect(try await store.conversation(id, in: scope) == nil)
                #expect(try await store.setStatus(.resolved, of: id, in: scope, at: at(9)) == nil)
                #expect(try await store.messages(of: id, in: scope, createdAfter: nil, limit: 9) == nil)
                #expect(try await store.messages(of: id, in: scope, afterSequence: 0, limit: 9) == nil)
                #expect(try await store.setStatus(.read, of: message.id, in: id, scope: scope, at: at(9)) == nil)
                #expect(try await store.markDelivered([message.id], in: id, scope: scope, at: at(9)) == nil)
                #expect(try await store.markRead(upTo: nil, in: id, scope: scope, at: at(9)) == nil)
                let written = try await store.append(scene.new("x", to: id, scope: scope)) { _ in
                    Issue.record("a stranger's message was told")
                }
                #expect(written == nil)
            }
            #expect(try await scene.head(id) == before)
            #expect(try await scene.all(id) == [message])
        },
        StoreRule("a stranger with a known local id does not learn of the message behind it") { scene in
            let id = try await scene.open().conversation.id
            _ = try await scene.store.append(scene.new("secret", to: id, local: "known")) { _ in }
            let other = try await scene.neighbour()
            let probe = scene.new("probe", to: id, scope: .device(other.device()), local: "known")
            #expect(try await scene.store.append(probe) { _ in } == nil)
        },
        StoreRule("the dashboard of one app shows nothing of another") { scene in
            let other = try await scene.neighbour()
            let id = try await other.open(user: "u1").conversation.id
            let theirs = try await other.say("theirs", in: id)
            #expect(try await other.store.message(theirs.id, in: other.app) == theirs)
            #expect(try await scene.store.message(theirs.id, in: scene.app) == nil)
            #expect(try await scene.store.conversationRows(of: scene.app, after: nil, limit: 10).isEmpty)
            #expect(try await scene.store.userRows(of: scene.app, after: nil, limit: 10).isEmpty)
            #expect(try await scene.store.person(.user("u1"), app: scene.app) == nil)
            #expect(try await scene.store.devices(of: .user("u1"), app: scene.app).isEmpty)
            #expect(try await scene.store.devices(of: .device("phone"), app: scene.app).isEmpty)
            #expect(try await scene.store.latestConversation(of: scene.device()) == nil)
            #expect(try await scene.store.conversationCounts(of: scene.app) == ConversationCounts(open: 0, resolved: 0))
        },
        StoreRule("an app that does not exist can own nothing") { scene in
            let owner = DeviceIdentity(app: AppID(IDGenerator.uuidV4()), device: "phone")
            await expectError(.appNotFound) { _ = try await scene.open(owner) }
            await expectError(.appNotFound) {
                try await scene.store.identify(UserProfile(id: "u1"), on: owner, at: at(1))
            }
            let latest = try await scene.store.latestConversation(of: owner)
            #expect(latest == nil)
        },
    ]
}
