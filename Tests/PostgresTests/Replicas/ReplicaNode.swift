import PluginAPI
import Testing

@testable import PostgresPlugin

/// One server's store over a primary and its replicas, with what it said of them.
struct ReplicaNode: Sendable {
    let store: PostgresStore
    let set: ReplicaSet
    let metrics: CountingMetrics
    let news: ReplicaNews

    /// How many reads replicas answered.
    var served: Int64 { metrics["replyhq_postgres_replica_reads_total"] }
    /// How many reads were sent to a replica and answered by the primary.
    var passedOn: Int64 { metrics["replyhq_postgres_replica_reads_passed_on_total"] }
}

/// What was said of replicas, in order: nil, in use; else why not.
final class ReplicaNews: Sendable {
    private let said = Journal<String?>()
    private let waiting = WaitingList<Int, Void>()

    var all: [String?] { said.all }

    func add(_ failure: String?) {
        said.add(failure)
        announce()
    }

    /// Returns once so many things were said. What never comes is the test's time limit's to find.
    func wait(for count: Int) async throws {
        try await waiting.wait(for: count) { announce() }
    }

    private func announce() {
        let count = said.count
        waiting.resume(with: .success(())) { $0 <= count }
    }
}

extension TestDatabase {
    /// Lends a node, and ends it, whatever happens.
    func withNode<Value>(
        _ replicas: [PostgresCluster],
        _ change: (inout PostgresOptions) -> Void = { _ in },
        _ body: (ReplicaNode) async throws -> Value
    ) async throws -> Value {
        var options = try options
        for replica in replicas { options.replicas.append(try ConnectionURL(replica.url(name)).options) }
        change(&options)
        for index in options.replicas.indices {
            options.replicas[index]["user"] = options.connection["user"]
            options.replicas[index]["target_session_attrs"] = "standby"
        }
        let (metrics, news) = (CountingMetrics(), ReplicaNews())
        let pool = try await PostgresPool.open(options)
        let set = try await ReplicaSet.open(options, primary: pool, metrics: metrics) { _, failure in news.add(failure)
        }
        let store = PostgresStore(pool: pool, replicas: set)
        do {
            let value = try await body(ReplicaNode(store: store, set: set, metrics: metrics, news: news))
            await set.close()
            await pool.close()
            return value
        } catch {
            await set.close()
            await pool.close(within: .zero)
            throw error
        }
    }
}

/// A primary with one replica.
struct ReplicaPair: Sendable {
    let primary: PostgresCluster
    let replica: PostgresCluster

    /// The pair that tests share which do not harm it.
    static func shared() async throws -> ReplicaPair { try await sharedPair.value }
    private static let sharedPair = Task { try await ReplicaPair.start() }

    static func start(_ settings: [String: String] = [:]) async throws -> ReplicaPair {
        let primary = try await PostgresCluster.start()
        return ReplicaPair(primary: primary, replica: try await .standby(of: primary, settings: settings))
    }

    /// A database with the schema that the replica has, too.
    func makeDatabase() async throws -> TestDatabase {
        let database = try await TestDatabase(on: primary)
        try await database.migrate()
        try await untilReplicated()
        return database
    }

    /// Returns once the replica has what the primary has now.
    func untilReplicated() async throws {
        let now = try await SQLSession.run("SELECT pg_current_wal_flush_lsn()", on: primary.url("postgres"))
        try await untilReplica("pg_last_wal_replay_lsn() >= '\(now[0][0] ?? "")'")
    }

    /// Returns once a condition is true on the replica; fails the test if it never is.
    func untilReplica(_ condition: String) async throws {
        try await onReplica(
            """
            SET statement_timeout = '60s';
            DO $$ BEGIN
                WHILE NOT (\(condition)) LOOP PERFORM pg_sleep(0.01); PERFORM pg_stat_clear_snapshot(); END LOOP;
            END $$
            """)
    }

    /// Runs SQL on the replica.
    @discardableResult
    func onReplica(_ sql: String) async throws -> [[String?]] {
        try await SQLSession.run(sql, on: replica.url("postgres"))
    }
}
