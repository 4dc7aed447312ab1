import PluginAPI
import Testing

extension StoreRule {
    static let receipts = [
        StoreRule("a message's status follows the table, and fills the times") { scene in
            let id = try await scene.open().conversation.id
            let scope = ConversationScope.device(scene.device())
            for from in [MessageStatus.sent, .delivered, .read] {
                for to in MessageStatus.allCases {
                    let message = try await scene.say("x", in: id, from: .agent)
                    if from != .sent {
                        _ = try await scene.store.setStatus(from, of: message.id, in: id, scope: scope, at: at(1_010))
                    }
                    let answer = try #require(
                        try await scene.store.setStatus(to, of: message.id, in: id, scope: scope, at: at(1_020)))
                    let expected = from.mayBecome(to) ? to : from
                    #expect(answer.changed == from.mayBecome(to))
                    #expect(answer.message?.status == expected)
                    let stored = try await scene.all(id).first { $0.id == message.id }
                    #expect(stored == answer.message)
                    #expect((stored?.deliveredAt != nil) == (expected == .delivered || expected == .read))
                    #expect((stored?.readAt != nil) == (expected == .read))
                    if from == .delivered { #expect(stored?.deliveredAt == at(1_010)) }
                }
            }
        },
        StoreRule("nothing is delivered or read before it was written, whatever the clock of the node says") { scene in
            let id = try await scene.open().conversation.id
            var sent: [Message] = []
            for _ in 0..<4 { sent.append(try await scene.say("x", in: id, from: .agent, at: at(1_000))) }
            let scope = ConversationScope.device(scene.device())
            _ = try await scene.store.setStatus(.read, of: sent[0].id, in: id, scope: scope, at: at(5))
            _ = try await scene.store.markDelivered([sent[1].id], in: id, scope: scope, at: at(5))
            _ = try await scene.store.markRead(upTo: nil, in: id, scope: scope, at: at(4))
            for message in try await scene.all(id) {
                #expect(message.deliveredAt == message.createdAt && message.readAt == message.createdAt)
            }
        },
        StoreRule("clients may not move what they sent; agents may") { scene in
            let id = try await scene.open().conversation.id
            let own = try await scene.say("mine", in: id)
            let client = ConversationScope.device(scene.device())
            let refused = try #require(
                try await scene.store.setStatus(.read, of: own.id, in: id, scope: client, at: at(5)))
            #expect(!refused.changed && refused.message == own)
            #expect(try await scene.store.markDelivered([own.id], in: id, scope: client, at: at(5)) == [])
            let moved = try #require(
                try await scene.store.setStatus(.delivered, of: own.id, in: id, scope: scene.agents, at: at(5)))
            #expect(moved.changed && moved.message?.status == .delivered)
        },
        StoreRule("an unknown message, or one of another conversation, is no message here") { scene in
            let here = try await scene.open().conversation.id
            let there = try await scene.open(user: "u1").conversation.id
            let foreign = try await scene.say("x", in: there, from: .agent)
            for id in [foreign.id, "msg_none"] {
                let answer = try #require(
                    try await scene.store.setStatus(.read, of: id, in: here, scope: scene.agents, at: at(5)))
                #expect(answer.message == nil && !answer.changed)
            }
            #expect(try await scene.store.markDelivered([foreign.id], in: here, scope: scene.agents, at: at(5)) == [])
            #expect(try await scene.all(there) == [foreign])
        },
        StoreRule("delivered moves the named messages, once, and answers in the given order") { scene in
            let id = try await scene.open().conversation.id
            let scope = ConversationScope.device(scene.device())
            let a = try await scene.say("a", in: id, from: .agent)
            let b = try await scene.say("b", in: id, from: .system)
            let c = try await scene.say("c", in: id, from: .agent)
            _ = try await scene.store.setStatus(.read, of: b.id, in: id, scope: scope, at: at(3))
            let asked = [c.id, "msg_none", a.id, b.id, c.id]
            let moved = try #require(try await scene.store.markDelivered(asked, in: id, scope: scope, at: at(4)))
            #expect(moved.map(\.id) == [c.id, a.id])
            #expect(moved.allSatisfy { $0.status == .delivered && $0.deliveredAt == at(4) && $0.readAt == nil })
            #expect(try await scene.store.markDelivered(asked, in: id, scope: scope, at: at(5)) == [])
            #expect(try await scene.store.markDelivered([], in: id, scope: scope, at: at(5)) == [])
        },
        StoreRule("read moves agents' and system messages up to the bound, by number, oldest first") { scene in
            let id = try await scene.open().conversation.id
            let scope = ConversationScope.device(scene.device())
            let a = try await scene.say("a", in: id, from: .agent)
            let user = try await scene.say("u", in: id)
            let b = try await scene.say("b", in: id, from: .system)
            let c = try await scene.say("c", in: id, from: .agent)
            _ = try await scene.store.markDelivered([a.id], in: id, scope: scope, at: at(3))
            let first = try #require(try await scene.store.markRead(upTo: b.id, in: id, scope: scope, at: at(6)))
            #expect(first.map(\.id) == [a.id, b.id])
            #expect(first.map(\.deliveredAt) == [at(3), at(6)] && first.allSatisfy { $0.readAt == at(6) })
            let rest = try #require(try await scene.store.markRead(upTo: nil, in: id, scope: scope, at: at(7)))
            #expect(rest.map(\.id) == [c.id])
            #expect(try await scene.store.markRead(upTo: nil, in: id, scope: scope, at: at(8)) == [])
            #expect(try await scene.all(id).first { $0.id == user.id } == user)
        },
        StoreRule("a read bound that is not in this conversation means all") { scene in
            let id = try await scene.open().conversation.id
            let other = try await scene.open(user: "u1").conversation.id
            let early = try await scene.say("early", in: other, from: .agent)
            for bound in [early.id, "msg_none"] {
                let message = try await scene.say("x", in: id, from: .agent)
                let moved = try #require(
                    try await scene.store.markRead(upTo: bound, in: id, scope: scene.agents, at: at(5)))
                #expect(moved.map(\.id) == [message.id])
            }
            #expect(try await scene.all(other) == [early])
        },
    ]
}
