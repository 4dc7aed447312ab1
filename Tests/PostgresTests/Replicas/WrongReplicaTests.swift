import PluginAPI
import Testing

@testable import PostgresPlugin

@Suite("Replicas: those that are none", .serialized, .timeLimit(.minutes(10)))
struct WrongReplicaTests {
    private func expectUnused(
        _ replica: PostgresCluster, of database: TestDatabase, _ reason: String, lag limit: Duration = .seconds(10)
    ) async throws {
        try await database.withNode([replica], { $0.replicaLagLimit = limit }) { node in
            let place = try await node.store.makePlace()
            try await node.store.say("hello", in: place)
            try await node.news.wait(for: 1)
            #expect(node.news.all.first??.contains(reason) == true, "\(node.news.all)")
            #expect(try await node.store.everything(in: place).count == 1)
            #expect(node.served == 0)
        }
    }

    @Test("a server that takes writes is not read from")
    func primary() async throws {
        let database = try await TestDatabase()
        try await database.migrate()
        try await expectUnused(database.cluster, of: database, "standby")
    }

    @Test("another cluster's replica is not read from")
    func foreign() async throws {
        let pair = try await ReplicaPair.shared()
        let database = try await TestDatabase()
        try await database.migrate()
        try await SQLSession.run("CREATE DATABASE \(database.name)", on: pair.primary.url("postgres"))
        try await pair.untilReplicated()
        try await expectUnused(pair.replica, of: database, "no replica of the primary")
    }

    @Test("after a failover, one that stayed with the old primary's history is not read from, however far it is")
    func history() async throws {
        let old = try await ReplicaPair.start()
        let promoted = try await PostgresCluster.standby(of: old.primary)
        let before = try await old.makeDatabase()
        try await ReplicaPair(primary: old.primary, replica: promoted).untilReplicated()
        try await promoted.promote()
        // The history that is over goes on for a while, and its number is the larger one.
        try await before.run("CREATE TABLE filler AS SELECT repeat('x', 1000) FROM generate_series(1, 50000)")
        try await old.untilReplica("pg_last_wal_replay_lsn() - '0/0' > \(try await offset(of: promoted) + 16 << 20)")

        let database = TestDatabase(existing: before.name, on: promoted)
        try await expectUnused(old.replica, of: database, "behind", lag: .milliseconds(250))
    }

    @Test("one that was started anew further back does not answer what it does not have any more")
    func anew() async throws {
        let pair = try await ReplicaPair.start(["bgwriter_lru_maxpages": "0"])
        let database = try await pair.makeDatabase()
        var options = try database.options
        options.writeConnections = 0
        options.connection = try ConnectionURL(pair.replica.url(database.name)).options
        options.connection["target_session_attrs"] = "standby"
        let pool = try await PostgresPool.open(options)
        let replica = Replica(name: "replica", pool: pool, trouble: Trouble())
        _ = replica.setUsed(true)
        let target = try await database.withPool { primary in
            try await database.run(Notes.loose)
            return try await PrimaryPosition(primary).next()
        }
        let count = Step(Statement("tables", "SELECT count(*) FROM pg_class WHERE relname = 'notes'"))
        let seen = try await replica.read([count], of: nil, from: target) { try $0[0].first { try $0.integer(0) } }
        #expect(seen == 1)

        // It replays from its last restart point on, and stops before the first commit.
        try pair.replica.configure(["recovery_min_apply_delay": "1h"])
        try await pair.replica.stop(.immediate)
        try await pair.replica.launch()
        let deadline = ContinuousClock.now + .seconds(120)
        while (try? await pool.read([Step(.cluster)]) { $0.count }) == nil {
            try #require(ContinuousClock.now < deadline)
        }
        do {
            _ = try await replica.read([count], of: nil, from: target) { _ in }
            Issue.record("it answered")
        } catch let error as ChatError {
            #expect(error.underlying is ReplicaFailure)
        }
        await pool.close(within: .zero)
    }

    private func offset(of cluster: PostgresCluster) async throws -> Int {
        let rows = try await SQLSession.run("SELECT pg_current_wal_lsn() - '0/0'", on: cluster.url("postgres"))
        return rows.first?.first?.flatMap { Int($0) } ?? 0
    }
}
