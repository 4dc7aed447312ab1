import PluginAPI
import StoreConformance
import Testing

@testable import PostgresPlugin

@Suite("Replicas: what is read from them", .timeLimit(.minutes(10)))
struct ReplicaReadTests {
    private static let shared = Task { try await openShared(secured: false) }
    private static let secured = Task { try await openShared(secured: true) }

    private static func openShared(secured: Bool) async throws -> PostgresStore {
        let pair = try await ReplicaPair.shared()
        let database = try await TestDatabase(on: pair.primary)
        var options = try database.options
        if secured {
            options.connection["user"] = try await database.secured()
            options.hasRowSecurity = true
        } else {
            try await database.migrate()
        }
        var replica = try ConnectionURL(pair.replica.url(database.name)).options
        replica["user"] = options.connection["user"]
        options.replicas = [replica]
        let pool = try await PostgresPool.open(options)
        return PostgresStore(pool: pool, replicas: try await ReplicaSet.open(options, primary: pool))
    }

    @Test("every rule of a store is kept", arguments: StoreRule.all)
    func conformance(_ rule: StoreRule) async throws {
        try await rule.check { try await Self.shared.value }
    }

    @Test("every rule of a store is kept with row-level security", arguments: StoreRule.all)
    func securedConformance(_ rule: StoreRule) async throws {
        try await rule.check { try await Self.secured.value }
    }

    @Test("lists and pages come from the replica, and nothing else does")
    func served() async throws {
        let pair = try await ReplicaPair.shared()
        let database = try await pair.makeDatabase()
        try await database.withNode([pair.replica], { $0.replicaLagLimit = .seconds(30) }) { node in
            let (store, place) = (node.store, try await node.store.makePlace())
            try await store.say("hello", in: place)
            try await node.news.wait(for: 1)
            #expect(node.news.all == [nil])

            #expect(try await store.everything(in: place).map(\.body) == ["hello"])
            let recent = try await store.messages(
                of: place.conversation, in: place.scope, createdAfter: nil, limit: 10)
            #expect(recent?.messages.count == 1)
            #expect(try await store.conversationRows(of: place.app, after: nil, limit: 10).count == 1)
            #expect(try await store.conversationCounts(of: place.app).open == 1)
            #expect(
                try await store.conversations(of: .device("phone"), app: place.app, after: nil, limit: 5).count == 1)
            #expect(try await store.devices(of: .device("phone"), app: place.app).count == 1)
            #expect(try await store.userRows(of: place.app, after: nil, limit: 10).count == 1)
            #expect(node.served == 7 && node.passedOn == 0)

            _ = try await store.conversation(place.conversation, in: place.scope)
            _ = try await store.latestConversation(of: place.owner)
            _ = try await store.credentials(of: place.app)
            #expect(node.served == 7)
        }
    }

    @Test("what one node stored, any other sees at once, whether the replica has it or not")
    func nodes() async throws {
        let pair = try await ReplicaPair.start()
        let database = try await pair.makeDatabase()
        try await database.withNode([pair.replica]) { first in
            try await database.withNode([pair.replica]) { second in
                let nodes = [first, second]
                for node in nodes { try await node.news.wait(for: 1) }
                let place = try await first.store.makePlace()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for writer in 0..<8 { group.addTask { try await Self.follow(writer, place, nodes) } }
                    group.addTask {
                        for _ in 0..<10 {
                            try await pair.onReplica("SELECT pg_wal_replay_pause(), pg_sleep(0.05)")
                            try await pair.onReplica("SELECT pg_wal_replay_resume(), pg_sleep(0.05)")
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(first.served + second.served > 0)
            }
        }
    }

    /// Writes on one node and looks on the other: a message, and that it was read.
    private static func follow(_ writer: Int, _ place: Place, _ nodes: [ReplicaNode]) async throws {
        let own = try await nodes[0].store.open(place, device: DeviceID("device \(writer)"))
        for number in 0..<40 {
            let (here, there) = (nodes[number % 2].store, nodes[(number + 1) % 2].store)
            let stored = try #require(try await here.say("\(number)", in: own, from: .agent)).message
            #expect(try await there.everything(in: own).last?.id == stored.id)
            _ = try await here.markRead(upTo: stored.id, in: own.conversation, scope: own.scope, at: .epoch)
            let page = try await there.messages(
                of: own.conversation, in: own.scope, afterSequence: stored.sequence - 1, limit: 5)
            #expect(page?.messages.first?.status == .read)
        }
    }
}
