import PluginAPI
import Testing

extension StoreRule {
    static let racing = [
        StoreRule("of 100 racing first opens all get one row and exactly one is new") { scene in
            for user in [nil, "u1" as UserID] {
                let opened = try await withThrowingTaskGroup { group in
                    for _ in 0..<100 { group.addTask { try await scene.open(user: user) } }
                    var opened: [(conversation: Conversation, isNew: Bool)] = []
                    for try await one in group { opened.append(one) }
                    return opened
                }
                #expect(opened.count == 100)
                #expect(Set(opened.map(\.conversation.id)).count == 1)
                #expect(opened.filter(\.isNew).count == 1)
            }
            #expect(try await scene.store.conversationCounts(of: scene.app).open == 2)
        },
        StoreRule("a storm of 200 with one local id stores one message and tells of one") { scene in
            let id = try await scene.open().conversation.id
            let told = Heard<MessageID>()
            let stored = try await withThrowingTaskGroup { group in
                for number in 0..<200 {
                    let new = scene.new("try \(number)", to: id, local: "storm")
                    group.addTask {
                        try await scene.store.append(new) { told.add($0.message.id) }
                    }
                }
                var stored: [StoredMessage] = []
                for try await one in group { stored.append(try #require(one)) }
                return stored
            }
            #expect(stored.count == 200)
            #expect(stored.filter(\.isNew).count == 1)
            #expect(Set(stored.map(\.message)).count == 1)
            #expect(told.all == [stored[0].message.id])
        },
        StoreRule("one who syncs during concurrent sends misses nothing and sees nothing twice") { scene in
            let id = try await scene.open().conversation.id
            let senders = 8, each = 50
            try await withThrowingTaskGroup(of: Void.self) { group in
                for sender in 0..<senders {
                    group.addTask {
                        for number in 0..<each { try await scene.say("\(sender)/\(number)", in: id) }
                    }
                }
                group.addTask {
                    var seen: [Message] = []
                    while seen.count < senders * each {
                        let page = try await scene.store.messages(
                            of: id, in: scene.agents, afterSequence: seen.last?.sequence ?? 0, limit: 7)
                        seen += try #require(page).messages
                    }
                    let whole = try await scene.all(id)
                    #expect(seen == whole)
                    #expect(Set(seen.map(\.body)).count == senders * each)
                }
                try await group.waitForAll()
            }
        },
        StoreRule("commits are told once each, per conversation in the order of their numbers") { scene in
            var ids: [ConversationID] = []
            for number in 0..<3 { ids.append(try await scene.open(scene.device("d\(number)")).conversation.id) }
            let told = Heard<Message>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<240 {
                    let new = scene.new("\(number)", to: ids[number % ids.count])
                    group.addTask {
                        let stored = try await scene.store.append(new) { told.add($0.message) }
                        let message = try #require(stored).message
                        #expect(told.all.contains(message))
                    }
                }
                try await group.waitForAll()
            }
            let heard = told.all
            #expect(heard.count == 240)
            for id in ids {
                let ofOne = heard.filter { $0.conversation == id }
                let whole = try await scene.all(id)
                #expect(ofOne == whole)
                #expect(ofOne.count == 80)
            }
        },
        StoreRule("racing receipts move each message forward, and each move is told to one caller") { scene in
            let id = try await scene.open().conversation.id
            var sent: [MessageID] = []
            for number in 0..<40 { sent.append(try await scene.say("\(number)", in: id, from: .agent).id) }
            let messages = sent
            let scope = ConversationScope.device(scene.device())
            let moves = try await withThrowingTaskGroup { group in
                for number in 0..<20 {
                    group.addTask {
                        number.isMultiple(of: 2)
                            ? try await scene.store.markDelivered(messages, in: id, scope: scope, at: at(20))
                            : try await scene.store.markRead(upTo: messages[number], in: id, scope: scope, at: at(30))
                    }
                }
                var moves: [Message] = []
                for try await moved in group { moves += try #require(moved) }
                return moves
            }
            #expect(moves.filter { $0.status == .read }.count == 20)
            #expect(Set(moves.map { "\($0.id) \($0.status)" }).count == moves.count)
            let final = try await scene.all(id)
            #expect(final.prefix(20).allSatisfy { $0.status == .read && $0.readAt == at(30) && $0.deliveredAt != nil })
            #expect(final.suffix(20).allSatisfy { $0.status == .delivered && $0.readAt == nil })
        },
    ]
}
