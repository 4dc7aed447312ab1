import PluginAPI
import Testing

extension StoreRule {
    static let paging = [
        StoreRule("pages by number are exact: strictly after, bounded, and they say whether there is more") { scene in
            let id = try await scene.open().conversation.id
            var sent: [Message] = []
            for number in 0..<7 { sent.append(try await scene.say("\(number)", in: id)) }
            let scope = ConversationScope.device(scene.device())
            var seen: [Message] = []
            var sizes: [Int] = []
            while true {
                let page = try #require(
                    try await scene.store.messages(
                        of: id, in: scope, afterSequence: seen.last?.sequence ?? 0, limit: 3))
                seen += page.messages
                sizes.append(page.messages.count)
                #expect(page.hasMore == (seen.count < 7))
                if !page.hasMore { break }
            }
            #expect(seen == sent && sizes == [3, 3, 1])
            let whole = try #require(try await scene.store.messages(of: id, in: scope, afterSequence: 0, limit: 7))
            #expect(whole.messages == sent && !whole.hasMore)
            let past = try #require(
                try await scene.store.messages(of: id, in: scope, afterSequence: .max, limit: 3))
            #expect(past.messages.isEmpty && !past.hasMore)
        },
        StoreRule("pages by time are strictly after the instant, in the order of numbers") { scene in
            let id = try await scene.open().conversation.id
            for number in 0..<6 { try await scene.say("\(number)", in: id, at: at(Int64(number * 10))) }
            func bodies(after time: Timestamp?, _ limit: Int) async throws -> [String] {
                let page = try await scene.store.messages(of: id, in: scene.agents, createdAfter: time, limit: limit)
                return try #require(page).messages.map(\.body)
            }
            #expect(try await bodies(after: nil, 100) == ["0", "1", "2", "3", "4", "5"])
            #expect(try await bodies(after: at(10), 100) == ["2", "3", "4", "5"])
            #expect(try await bodies(after: at(9), 2) == ["1", "2"])
            #expect(try await bodies(after: at(50), 100).isEmpty)
            let page = try await scene.store.messages(of: id, in: scene.agents, createdAfter: nil, limit: 5)
            #expect(page?.hasMore == true)
        },
        StoreRule("a page ends where its texts have reached their limit, and the next one goes on behind it") { scene in
            let id = try await scene.open().conversation.id
            let size = MessagePage.textLimit / 4
            for number in 0..<10 {
                let body = String(repeating: "\(number)", count: number == 9 ? 5 * size : size)
                try await scene.say(body, in: id, at: at(12))
            }
            func numbers(_ page: MessagePage?) throws -> [Int] {
                try #require(page).messages.map { Int(String($0.body.prefix(1))) ?? -1 }
            }
            var pages: [[Int]] = []
            var last: Int64 = 0
            while true {
                let page = try await scene.store.messages(of: id, in: scene.agents, afterSequence: last, limit: 100)
                pages.append(try numbers(page))
                last = page?.messages.last?.sequence ?? last
                if page?.hasMore != true { break }
            }
            #expect(pages == [[0, 1, 2, 3], [4, 5, 6, 7], [8], [9]])
            pages = []
            var instant: Timestamp?
            while true {
                let page = try await scene.store.messages(of: id, in: scene.agents, createdAfter: instant, limit: 100)
                pages.append(try numbers(page))
                instant = page?.messages.last?.createdAt ?? instant
                if page?.hasMore != true { break }
            }
            #expect(pages == [[0, 1, 2, 3], [4, 5, 6, 7], [8], [9]])
        },
        StoreRule("paging by time shows every message once, however many came at once and whatever the clock did") {
            scene in
            let id = try await scene.open().conversation.id
            var sent: [Message] = []
            for time in [5, 5, 5, 5, 900, 900, -3_600_000, -3_600_000, 901, 901] as [Int64] {
                sent.append(try await scene.say("x", in: id, at: at(time)))
            }
            var seen: [Message] = []
            while let page = try await scene.store.messages(
                of: id, in: scene.agents, createdAfter: seen.last?.createdAt, limit: 3)
            {
                #expect(page.messages.count <= 3 && !page.messages.isEmpty)
                seen += page.messages
                if !page.hasMore || page.messages.isEmpty { break }
            }
            #expect(seen == sent)
        },
        StoreRule("an empty conversation has an empty page, and a foolish limit is no error") { scene in
            let id = try await scene.open().conversation.id
            let empty = try #require(
                try await scene.store.messages(of: id, in: scene.agents, createdAfter: nil, limit: 10))
            #expect(empty.messages.isEmpty && !empty.hasMore)
            for number in 0..<3 { try await scene.say("\(number)", in: id) }
            for limit in [Int.min, -1, 0, 1] {
                let page = try #require(
                    try await scene.store.messages(of: id, in: scene.agents, afterSequence: 0, limit: limit))
                #expect(page.messages.map(\.body) == ["0"] && page.hasMore)
            }
            let page = try await scene.store.messages(of: id, in: scene.agents, afterSequence: .min, limit: .max)
            #expect(page?.messages.count == 3)
        },
    ]
}
