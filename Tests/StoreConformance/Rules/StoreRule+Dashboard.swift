import PluginAPI
import Testing

extension StoreRule {
    static let dashboard = [
        StoreRule("the list has each conversation with its newest message, latest first") { scene in
            let first = try await scene.open(scene.device("a"), at: at(1)).conversation
            let second = try await scene.open(scene.device("b"), at: at(2)).conversation
            try await scene.say("old", in: first.id, at: at(3))
            let newest = try await scene.say("new", in: first.id, from: .agent, at: at(4))
            let rows = try await scene.store.conversationRows(of: scene.app, after: nil, limit: 10)
            #expect(rows.map(\.conversation.id) == [first.id, second.id])
            #expect(rows.map(\.lastMessage) == [newest, nil])
            let head = try await scene.head(first.id)
            #expect(rows[0].conversation == head.conversation)
        },
        StoreRule("conversation pages cover everything once, also when instants are equal") { scene in
            for number in 0..<11 { _ = try await scene.open(scene.device("d\(number)"), at: at(Int64(number / 4))) }
            var seen: [Conversation] = []
            var cursor: PageCursor?
            while seen.count < 20 {
                let rows = try await scene.store.conversationRows(of: scene.app, after: cursor, limit: 3)
                guard let last = rows.last?.conversation else { break }
                #expect(rows.count <= 3)
                seen += rows.map(\.conversation)
                cursor = PageCursor(at: last.updatedAt, id: last.id.rawValue)
            }
            #expect(seen.count == 11 && Set(seen.map(\.id)).count == 11)
            #expect(seen.map(\.updatedAt) == seen.map(\.updatedAt).sorted(by: >))
        },
        StoreRule("the list of one status has the conversations of that status, in pages") { scene in
            var resolved: [ConversationID] = []
            for number in 0..<9 {
                let id = try await scene.open(scene.device("d\(number)"), at: at(Int64(number))).conversation.id
                guard number.isMultiple(of: 2) else { continue }
                _ = try await scene.store.setStatus(.resolved, of: id, in: scene.agents, at: at(Int64(number)))
                resolved.insert(id, at: 0)
            }
            var seen: [ConversationID] = []
            var cursor: PageCursor?
            while seen.count < 20 {
                let rows = try await scene.store.conversationRows(
                    of: scene.app, status: .resolved, after: cursor, limit: 2)
                guard let last = rows.last?.conversation else { break }
                #expect(rows.allSatisfy { $0.conversation.status == .resolved })
                seen += rows.map(\.conversation.id)
                cursor = PageCursor(at: last.updatedAt, id: last.id.rawValue)
            }
            #expect(seen == resolved)
            let open = try await scene.store.conversationRows(of: scene.app, status: .open, after: nil, limit: 10)
            #expect(open.count == 4)
        },
        StoreRule("the list of one status is the same however many conversations have it") { scene in
            let store = scene.store
            // A few more than are sorted.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<1_005 {
                    group.addTask { _ = try await scene.open(scene.device("d\(number)"), at: at(Int64(number / 3))) }
                }
                try await group.waitForAll()
            }
            let newest = try await store.conversationRows(of: scene.app, after: nil, limit: 1_000)
            #expect(newest.count == 1_000)
            for _ in 0..<2 {
                let rows = try await store.conversationRows(of: scene.app, status: .open, after: nil, limit: 1_000)
                let all = try await store.conversationRows(of: scene.app, after: nil, limit: 1_000)
                let open = all.filter { $0.conversation.status == .open }
                #expect(rows.prefix(open.count) == open[...])
                let last = try #require(open.dropLast(7).last).conversation
                let more = try await store.conversationRows(
                    of: scene.app, status: .open, after: PageCursor(at: last.updatedAt, id: last.id.rawValue), limit: 7)
                #expect(more == open.suffix(7))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for conversation in newest.prefix(20).map(\.conversation) {
                        group.addTask {
                            _ = try await store.setStatus(
                                .resolved, of: conversation.id, in: scene.agents, at: conversation.updatedAt)
                        }
                    }
                    try await group.waitForAll()
                }
            }
        },
        StoreRule("the list has the name of a profile and not its attributes") { scene in
            let id = try await scene.open(user: "u1").conversation.id
            let user = UserProfile(id: "u1", name: "Ada", attributes: ["plan": "pro"])
            try await scene.store.identify(user, on: scene.device(), at: at(2))
            let row = try #require(
                try await scene.store.conversationRows(of: scene.app, after: nil, limit: 1).first)
            #expect(row.conversation.metadata["user"] == ["id": "u1", "name": "Ada"])
            #expect(try await scene.head(id).conversation.metadata["user"]?["attributes"] == ["plan": "pro"])
        },
        StoreRule("counts are by status and follow changes") { scene in
            #expect(try await scene.store.conversationCounts(of: scene.app) == ConversationCounts(open: 0, resolved: 0))
            for number in 0..<3 { _ = try await scene.open(scene.device("d\(number)")) }
            let id = try await scene.open().conversation.id
            _ = try await scene.store.setStatus(.resolved, of: id, in: scene.agents, at: at(2))
            #expect(try await scene.store.conversationCounts(of: scene.app) == ConversationCounts(open: 3, resolved: 1))
        },
        StoreRule("a user is one person over devices; an unidentified device is one of its own") { scene in
            let onPhone = try await scene.open(user: "u1", at: at(1)).conversation
            let onTablet = try await scene.open(scene.device("tablet"), user: "u1", at: at(2)).conversation
            let unknown = try await scene.open(scene.device("kiosk"), at: at(3)).conversation
            let shared = try await scene.open(at: at(4)).conversation
            try await scene.store.identify(UserProfile(id: "u1", name: "Ada"), on: scene.device("tablet"), at: at(5))
            let message = try await scene.say("hi", in: onPhone.id, at: at(9))
            let rows = try await scene.store.userRows(of: scene.app, after: nil, limit: 10)
            #expect(Set(rows.map(\.key)) == [.user("u1"), .device("kiosk"), .device("phone")])
            let user = try #require(rows.first { $0.key == .user("u1") })
            #expect(rows.first == user)
            #expect(Set(user.deviceIDs) == ["phone", "tablet"] && user.conversationCount == 2)
            #expect(user.primaryConversation == onPhone.id && user.lastMessage == message && user.name == "Ada")
            #expect(user.lastSeenAt == at(9) && user.createdAt == at(1))
            let kiosk = try #require(rows.first { $0.key == .device("kiosk") })
            #expect(kiosk.deviceIDs == ["kiosk"] && kiosk.conversationCount == 1 && kiosk.name == nil)
            #expect(kiosk.primaryConversation == unknown.id && kiosk.lastMessage == nil && kiosk.lastSeenAt == at(3))
            let ofUser = try await scene.store.conversations(
                of: .user("u1"), app: scene.app, after: nil, limit: 10)
            #expect(ofUser.map(\.conversation.id) == [onPhone.id, onTablet.id])
            #expect(ofUser.map(\.lastMessage) == [message, nil])
            let ofPhone = try await scene.store.conversations(
                of: .device("phone"), app: scene.app, after: nil, limit: 10)
            #expect(ofPhone.map(\.conversation.id) == [shared.id])
            let devices = try await scene.store.devices(of: .user("u1"), app: scene.app)
            #expect(Set(devices.map(\.identity.device)) == ["phone", "tablet"])
        },
        StoreRule("being seen counts even without a message") { scene in
            let id = try await scene.open(user: "u1", at: at(1)).conversation.id
            _ = try await scene.open(user: "u1", at: at(50))
            let row = try #require(try await scene.store.userRows(of: scene.app, after: nil, limit: 5).first)
            #expect(row.lastSeenAt == at(50) && row.primaryConversation == id)
            #expect(try await scene.head(id).conversation.updatedAt == at(1))
        },
        StoreRule("user pages cover everybody once, also when instants are equal") { scene in
            for number in 0..<10 {
                let user = number.isMultiple(of: 2) ? UserID("u\(number)") : nil
                _ = try await scene.open(scene.device("d\(number)"), user: user, at: at(Int64(number / 5)))
            }
            var seen: [UserRow] = []
            var cursor: PageCursor?
            while seen.count < 20 {
                let rows = try await scene.store.userRows(of: scene.app, after: cursor, limit: 3)
                guard let last = rows.last else { break }
                seen += rows
                cursor = PageCursor(at: last.lastSeenAt, id: last.key.description)
            }
            #expect(seen.count == 10 && Set(seen.map(\.key)).count == 10)
            #expect(seen.map(\.lastSeenAt) == seen.map(\.lastSeenAt).sorted(by: >))
        },
        StoreRule("one person's conversations come in pages, each once, without the attributes of a profile") { scene in
            for number in 0..<11 {
                _ = try await scene.open(scene.device("d\(number)"), user: "u1", at: at(Int64(number / 4)))
                _ = try await scene.open(scene.device("d\(number)"), at: at(20))
            }
            let user = UserProfile(id: "u1", name: "Ada", attributes: ["plan": "pro"])
            try await scene.store.identify(user, on: scene.device("d3"), at: at(30))
            var seen: [Conversation] = []
            var cursor: PageCursor?
            while seen.count < 30 {
                let rows = try await scene.store.conversations(
                    of: .user("u1"), app: scene.app, after: cursor, limit: 3)
                guard let last = rows.last?.conversation else { break }
                #expect(rows.count <= 3)
                seen += rows.map(\.conversation)
                cursor = PageCursor(at: last.updatedAt, id: last.id.rawValue)
            }
            #expect(seen.count == 11 && Set(seen.map(\.id)).count == 11 && seen.allSatisfy { $0.userID == "u1" })
            #expect(seen.map(\.updatedAt) == seen.map(\.updatedAt).sorted(by: >))
            #expect(seen.compactMap { $0.metadata["user"] } == [["id": "u1", "name": "Ada"]])
            let ofDevice = try await scene.store.conversations(
                of: .device("d3"), app: scene.app, after: nil, limit: 3)
            #expect(ofDevice.map(\.conversation.userID) == [nil])
        },
        StoreRule("a person is summed up over all conversations, whatever page they are on") { scene in
            let context = DeviceContext(platform: .ios, details: ["os_version": "18"])
            _ = try await scene.open(scene.device("old"), user: "u1", context: context, at: at(1))
            let user = UserProfile(id: "u1", name: "Ada", attributes: ["plan": "pro"])
            try await scene.store.identify(user, on: scene.device("old"), at: at(2))
            for number in 0..<5 {
                _ = try await scene.open(scene.device("new\(number)"), user: "u1", at: at(Int64(10 + number)))
            }
            _ = try await scene.open(scene.device("other"), user: "u2", at: at(99))
            let person = try #require(try await scene.store.person(.user("u1"), app: scene.app))
            #expect(person.device == "new4" && person.createdAt == at(1) && person.updatedAt == at(14))
            #expect(person.deviceIDs == ["new0", "new1", "new2", "new3", "new4", "old"])
            #expect(person.metadata["user"] == ["id": "u1", "name": "Ada", "attributes": ["plan": "pro"]])
            #expect(person.metadata["device_context"]?["os_version"] == "18")
            let neighbour = try await scene.neighbour()
            #expect(try await scene.store.person(.user("u1"), app: neighbour.app) == nil)
        },
        StoreRule("an unknown person has neither conversations nor devices") { scene in
            for key in [UserKey.user("nobody"), .device("nothing")] {
                #expect(
                    try await scene.store.conversations(of: key, app: scene.app, after: nil, limit: 10).isEmpty)
                #expect(try await scene.store.person(key, app: scene.app) == nil)
                #expect(try await scene.store.devices(of: key, app: scene.app).isEmpty)
            }
            let people = try await scene.store.userRows(of: scene.app, after: nil, limit: 5)
            #expect(people.isEmpty)
        },
    ]
}
