import Glibc
import PluginAPI
import Testing

@testable import PostgresPlugin

@Suite("Replicas: when they cannot answer", .serialized, .timeLimit(.minutes(10)))
struct ReplicaTroubleTests {
    /// A pair of its own with a database, a node that uses the replica, and a conversation with one message.
    private func withScene(
        _ settings: [String: String] = [:],
        _ change: (inout PostgresOptions) -> Void = { _ in },
        _ body: (ReplicaPair, TestDatabase, ReplicaNode, Place) async throws -> Void
    ) async throws {
        let pair = try await ReplicaPair.start(settings)
        let database = try await pair.makeDatabase()
        // Long enough for a busy machine: what is told of is meant to be what the test did.
        let patient: (inout PostgresOptions) -> Void = { options in
            options.replicaLagLimit = .seconds(10)
            change(&options)
        }
        try await database.withNode([pair.replica], patient) { node in
            let place = try await node.store.makePlace()
            try await node.store.say("first", in: place)
            try await node.news.wait(for: 1)
            try #require(node.news.all == [nil])
            try await expect(1, in: place, node)
            try await body(pair, database, node, place)
        }
    }

    private func expect(_ count: Int, in place: Place, _ node: ReplicaNode) async throws {
        #expect(try await node.store.everything(in: place).count == count)
    }

    @Test("one that stands still is passed over, told of once, and used again when it has caught up")
    func paused() async throws {
        try await withScene { pair, _, node, place in
            try await pair.onReplica("SELECT pg_wal_replay_pause()")
            for number in 2..<40 {
                try await node.store.say("\(number)", in: place)
                try await expect(number, in: place, node)
            }
            try await node.news.wait(for: 2)
            #expect(node.news.all.last??.contains("more than 10s behind") == true, "\(node.news.all)")
            let served = node.served
            try await expect(39, in: place, node)
            #expect(node.served == served)

            try await pair.onReplica("SELECT pg_wal_replay_resume()")
            try await node.news.wait(for: 3)
            try await expect(39, in: place, node)
            #expect(node.news.all.count == 3 && node.news.all[2] == nil)
            #expect(node.served == served + 1)
        }
    }

    @Test("one that is stopped costs nobody an answer, and is used again when it is back")
    func stopped() async throws {
        try await withScene { pair, _, node, place in
            try await pair.replica.stop(.immediate)
            for number in 2..<40 {
                try await node.store.say("\(number)", in: place)
                try await expect(number, in: place, node)
            }
            try await node.news.wait(for: 2)
            #expect(node.news.all.last != .some(nil))
            try await pair.replica.launch()
            try await node.news.wait(for: 3)
            let served = node.served
            try await expect(39, in: place, node)
            #expect(node.served == served + 1 && node.news.all.count == 3)
        }
    }

    @Test("one that falls silent with a read under way is given up long before the read's own time is over")
    func frozen() async throws {
        try await withScene([:], { $0.connection.statementTimeout = .seconds(600) }) { pair, _, node, place in
            try pair.replica.signal(SIGSTOP)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { try await expect(1, in: place, node) } }
                try await group.waitForAll()
            }
            try await node.news.wait(for: 2)
            try pair.replica.signal(SIGCONT)
            try await node.news.wait(for: 3)
        }
    }

    @Test("a read that recovery cancels is asked again on the primary")
    func conflict() async throws {
        try await withScene(
            ["max_standby_streaming_delay": "0", "hot_standby_feedback": "off"], { $0.replicaLagLimit = .seconds(30) }
        ) { pair, database, node, _ in
            let slow = Statement(
                "slow", "SELECT count(*), CASE WHEN pg_is_in_recovery() THEN pg_sleep(60) END FROM trash")
            try await database.run("CREATE TABLE trash AS SELECT generate_series(1, 1000) AS n")
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let count = try await node.set.read([Step(slow)], of: nil) { try $0[0].first { try $0.integer(0) } }
                    #expect(count == 0)
                }
                try await pair.untilReplica(
                    "EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE '%trash%' AND pid <> pg_backend_pid())"
                )
                try await database.run("DELETE FROM trash")
                try await database.run("VACUUM trash")
                try await group.waitForAll()
            }
            #expect(node.passedOn == 1)
            try await pair.untilReplica("(SELECT sum(confl_snapshot) FROM pg_stat_database_conflicts) > 0")
        }
    }

    @Test("one that is promoted is a replica no longer: what it holds from then on is never shown")
    func promoted() async throws {
        try await withScene { pair, database, node, place in
            try await pair.replica.promote()
            let other = pair.replica.url(database.name)
            try await SQLSession.run("UPDATE messages SET body = 'of another history'", on: other)
            for number in 2..<20 {
                try await node.store.say("\(number)", in: place)
                let seen = try await node.store.everything(in: place)
                #expect(seen.count == number && seen[0].body == "first")
            }
            try await node.news.wait(for: 2)
            #expect(node.news.all.last??.contains("no replica of the primary") == true, "\(node.news.all)")
        }
    }
}
