import PluginAPI
import Testing

extension StoreRule {
    static let appending = [
        StoreRule("a message is stored as given, numbered, and touches its conversation") { scene in
            let id = try await scene.open().conversation.id
            let new = scene.new("Grüße 👋🏽", to: id, scope: .device(scene.device()), at: at(9))
            let stored = try #require(try await scene.store.append(new) { _ in })
            #expect(stored.isNew && !stored.reopened)
            #expect(stored.message.id == new.id && stored.message.localID == new.localID)
            #expect(stored.message.conversation == id && stored.message.app == scene.app)
            #expect(stored.message.body == "Grüße 👋🏽" && stored.message.sender == .user)
            #expect(stored.message.status == .sent && stored.message.createdAt == at(9))
            #expect(stored.message.deliveredAt == nil && stored.message.readAt == nil && stored.message.sequence > 0)
            #expect(stored.conversation.updatedAt == at(9))
            #expect(try await scene.all(id) == [stored.message])
            #expect(
                try await scene.head(id)
                    == ConversationHead(
                        conversation: stored.conversation, lastMessageID: new.id,
                        lastSequence: stored.message.sequence))
        },
        StoreRule("bodies come back byte for byte: empty, NUL, emoji, right-to-left, 5,000 units, quotes") { scene in
            let id = try await scene.open().conversation.id
            let bodies = [
                "", "\0", "a\0b", "👩‍👩‍👧‍👦", "مرحبا \u{202E}abc", String(repeating: "𝄞", count: 2_500),
                String(repeating: "x", count: 5_000), "'\"\\%_;--", "\u{FEFF}bom", "line\r\nbreak\u{2028}", "e\u{301}",
            ]
            for body in bodies { try await scene.say(body, in: id) }
            let found = try await scene.all(id).map { Array($0.body.utf8) }
            #expect(found == bodies.map { Array($0.utf8) })
        },
        StoreRule("a local id is stored once per conversation; a repeat answers the first row") { scene in
            let id = try await scene.open().conversation.id
            let told = Heard<Message>()
            let tell: @Sendable (StoredMessage) -> Void = { told.add($0.message) }
            let original = scene.new("one", to: id, local: "L")
            let first = try #require(try await scene.store.append(original, onCommit: tell))
            let repeated = scene.new("two", to: id, from: .agent, local: "L", at: at(8))
            let second = try #require(try await scene.store.append(repeated, onCommit: tell))
            #expect(first.isNew && !second.isNew)
            #expect(second.message == first.message && second.conversation == first.conversation)
            #expect(try await scene.all(id) == [first.message])
            #expect(told.all == [first.message])
        },
        StoreRule("a message is later than the one before and not earlier than its conversation, whatever clocks say") {
            scene in
            let id = try await scene.open(at: at(10)).conversation.id
            var last = at(9)
            for time in [-5, 100, 100, -3_600_000, 101, 102, 500] as [Int64] {
                let stored = try #require(
                    try await scene.store.append(scene.new("x", to: id, from: .agent, at: at(time))) { _ in })
                let message = stored.message
                #expect(message.createdAt == max(at(time), last.adding(milliseconds: 1)))
                #expect(stored.conversation.updatedAt == message.createdAt)
                #expect(try await scene.head(id).conversation == stored.conversation)
                last = message.createdAt
            }
            let other = try await scene.open(user: "u1", at: at(0)).conversation.id
            #expect(try await scene.say("x", in: other, at: at(1)).createdAt == at(1))
        },
        StoreRule("the same local id elsewhere is another message") { scene in
            let here = try await scene.open().conversation.id
            let there = try await scene.open(user: "u1").conversation.id
            let other = try await scene.neighbour()
            let abroad = try await other.open().conversation.id
            for (place, id) in [(scene, here), (scene, there), (other, abroad)] {
                let stored = try #require(try await scene.store.append(place.new("x", to: id, local: "L")) { _ in })
                #expect(stored.isNew && stored.message.app == place.app)
            }
        },
        StoreRule("numbers grow over all conversations") { scene in
            var last: Int64 = 0
            let ids = [
                try await scene.open().conversation.id, try await scene.open(user: "u1").conversation.id,
                try await scene.open(scene.device("tablet")).conversation.id,
            ]
            for round in 0..<4 {
                for id in ids {
                    let message = try await scene.say("\(round)", in: id)
                    #expect(message.sequence > last)
                    last = message.sequence
                }
            }
        },
        StoreRule("a new message names the number before it in its conversation, if the store tells it") { scene in
            let id = try await scene.open().conversation.id
            let other = try await scene.open(user: "u1").conversation.id
            var last: Int64 = 0
            for round in 0..<3 {
                try await scene.say("\(round)", in: other)
                let stored = try #require(try await scene.store.append(scene.new("\(round)", to: id)) { _ in })
                #expect(stored.previousSequence == nil || stored.previousSequence == last)
                last = stored.message.sequence
            }
        },
        StoreRule("only a user's message reopens a resolved conversation") { scene in
            let id = try await scene.open().conversation.id
            _ = try await scene.store.setStatus(.resolved, of: id, in: scene.agents, at: at(3))
            for sender in [Message.Sender.agent, .system] {
                let stored = try #require(try await scene.store.append(scene.new("x", to: id, from: sender)) { _ in })
                #expect(!stored.reopened && stored.conversation.status == .resolved)
            }
            let stored = try #require(try await scene.store.append(scene.new("x", to: id, at: at(9))) { _ in })
            #expect(stored.reopened && stored.conversation.status == .open)
            #expect(try await scene.head(id).conversation == stored.conversation)
            let next = try #require(try await scene.store.append(scene.new("y", to: id)) { _ in })
            #expect(!next.reopened)
        },
        StoreRule("the commit is told before the call returns, with what the call returns") { scene in
            let id = try await scene.open().conversation.id
            let told = Heard<StoredMessage>()
            let stored = try #require(try await scene.store.append(scene.new("x", to: id)) { told.add($0) })
            let heard = try #require(told.all.first)
            #expect(told.all.count == 1)
            #expect(heard.message == stored.message && heard.conversation == stored.conversation)
            #expect(heard.isNew && !heard.reopened)
        },
        StoreRule("a taken message id is a conflict and stores nothing") { scene in
            let id = try await scene.open().conversation.id
            let first = try await scene.say("one", in: id)
            var twin = scene.new("two", to: id)
            twin.id = first.id
            let new = twin
            await expectError(.conflict) { _ = try await scene.store.append(new) { _ in Issue.record("told") } }
            #expect(try await scene.all(id) == [first])
        },
    ]
}
