import PluginAPI
import Synchronization
import Testing

@testable import PostgresPlugin

@Suite("PostgreSQL store: two nodes at once")
struct NodeRaceTests {
    private static let senders = 6, each = 40, conversations = 4

    @Test("numbers are in the order of visibility, no local id is stored twice, and nobody waits for another for ever")
    func race() async throws {
        let database = try await TestDatabase()
        try await database.withFreshStore { first in
            try await database.withPool { pool in
                let nodes = [first, PostgresStore(pool: pool)]
                let place = try await first.makePlace()
                var places: [Place] = []
                for number in 0..<Self.conversations {
                    places.append(try await first.open(place, device: DeviceID("d\(number)")))
                }
                let all = try await send(to: places, over: nodes)
                for place in places {
                    let stored = try await first.everything(in: place)
                    #expect(stored.count == Self.each)
                    #expect(Set(stored.map(\.localID)).count == Self.each)
                    let head = try await nodes[1].conversation(place.conversation, in: place.scope)
                    #expect(head?.lastMessageID == stored.last?.id)
                }
                #expect(all.count == Self.each * Self.conversations && Set(all).count == all.count)
                let deadlocks = try await database.run(
                    "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
                #expect(deadlocks == [["0"]])
            }
        }
    }

    /// Every sender sends every local id to every conversation, over both nodes, while one reader for each conversation
    /// follows with a cursor.
    ///
    /// - Returns: what was told to be new.
    private func send(to places: [Place], over nodes: [PostgresStore]) async throws -> [String] {
        let heard = Heard()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for sender in 0..<Self.senders {
                for place in places {
                    group.addTask {
                        for number in 0..<Self.each {
                            let store = nodes[(sender + number) % nodes.count]
                            let stored = try await store.say("\(sender)", in: place, local: "\(number)") { stored in
                                heard.add("\(stored.message.conversation) \(stored.message.localID)")
                            }
                            #expect(stored != nil)
                        }
                    }
                }
            }
            for (number, place) in places.enumerated() {
                group.addTask {
                    let store = nodes[number % nodes.count]
                    var seen: [Message] = []
                    while seen.count < Self.each {
                        let page = try await store.messages(
                            of: place.conversation, in: place.scope, afterSequence: seen.last?.sequence ?? 0, limit: 5)
                        seen += try #require(page).messages
                    }
                    // Whatever became visible behind the cursor would be missing.
                    #expect(try await store.everything(in: place) == seen)
                }
            }
            try await group.waitForAll()
        }
        return heard.all
    }

    @Test("racing opens on two nodes make one conversation, and exactly one is told that it is new")
    func opens() async throws {
        let database = try await TestDatabase()
        try await database.withFreshStore { first in
            try await database.withPool { pool in
                let nodes = [first, PostgresStore(pool: pool)]
                let place = try await first.makePlace()
                let opened = try await withThrowingTaskGroup { group in
                    for number in 0..<60 {
                        group.addTask {
                            try await nodes[number % 2].openConversation(
                                NewConversation(
                                    id: ConversationID(IDGenerator.conversation()), visitorID: "v",
                                    owner: DeviceIdentity(app: place.app, device: "tablet"), userID: nil,
                                    deviceContext: DeviceContext(platform: .ios, details: ["locale": "de"]),
                                    at: .epoch))
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(Set(opened.map(\.conversation.id)).count == 1)
                #expect(opened.filter(\.isNew).count == 1)
            }
        }
    }

    @Test("one push token that two nodes register for many devices ends with one of them")
    func tokens() async throws {
        let database = try await TestDatabase()
        try await database.withFreshStore { first in
            try await database.withPool { pool in
                let nodes = [first, PostgresStore(pool: pool)]
                let app = try await first.makePlace().app
                let token = PushToken(token: "token-0123456789", provider: .fcm, platform: .android)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<40 {
                        group.addTask {
                            let device = DeviceIdentity(app: app, device: DeviceID("d\(number)"))
                            try await nodes[number % 2].setPushToken(token, of: device, at: .epoch)
                        }
                    }
                    try await group.waitForAll()
                }
                let holders = try await database.run("SELECT count(*) FROM devices WHERE push_token IS NOT NULL")
                #expect(holders == [["1"]])
            }
        }
    }
}

/// What callbacks said, in order; safe from every thread.
private final class Heard: Sendable {
    private let values = Mutex<[String]>([])

    var all: [String] { values.withLock { $0 } }

    func add(_ value: String) { values.withLock { $0.append(value) } }
}
