import GRDB
import PluginAPI
import Testing

@testable import SQLitePlugin

@Suite("SQLite store: pushes in databases of older versions")
struct PushUpgradeTests {
    private let now = Timestamp(milliseconds: 1_000)

    private static let rows = """
        INSERT INTO push_outbox (message_id, app_id, conversation_id, device_id, state, created_at, due_at, expires_at,
            lease, attempts, first_attempt_at, hold, settled_at, detail)
        VALUES ('m3', 'app', 'c', 'phone', 'waiting', 30, 40, 9000, NULL, 2, 35, 'retry', NULL, '503'),
            ('m1', 'app', 'c', 'phone', 'sent', 10, 20, 9000, NULL, 0, NULL, NULL, 25, 'name'),
            ('m2', 'app', 'c', 'phone', 'waiting', 20, 5000, 9000, 'held', 0, NULL, NULL, NULL, NULL);
        """

    @Test("are kept as they were; what was held comes back when its lease would have ended", arguments: [5, 6])
    func upgrade(from version: Int64) async throws {
        let database = try TemporaryDatabase()
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let queue = try DatabaseQueue(path: database.path, configuration: configuration)
        try queue.inDatabase { connection in
            let older = Migration.all.filter { $0.version <= version }
            try Migrator(path: database.path, migrations: older).migrate(Connection(database: connection))
            try connection.execute(sql: Self.rows)
        }
        try queue.close()
        try await database.withStore { store in
            let sent = try #require(try await store.pushRecord(of: "m1", in: "app"))
            #expect(sent.state == .sent && sent.settledAt == Timestamp(milliseconds: 25) && sent.detail == "name")
            let records = try await store.pushRecords(of: DeviceIdentity(app: "app", device: "phone"), limit: 10)
            #expect(records.map(\.message) == ["m3", "m2", "m1"])
            #expect(try await store.pushBacklog(atMost: 10).waiting == 2)
            let first = try await claim(store, at: now)
            #expect(first.map(\.message) == ["m3"] && first.first?.attempts == 2 && first.first?.hold == .retry)
            #expect(first.first?.firstAttemptAt == Timestamp(milliseconds: 35))
            #expect(try await claim(store, at: Timestamp(milliseconds: 5_000)).map(\.message) == ["m2"])
            let problems = try await store.pool.read { database in
                try String.fetchAll(database, sql: "PRAGMA integrity_check")
            }
            #expect(problems == ["ok"])
        }
    }

    private func claim(_ store: SQLiteStore, at time: Timestamp) async throws -> [WaitingPush] {
        let claim = PushClaim(lease: "new", until: Timestamp(milliseconds: 100_000), limit: 10, at: time)
        return try await store.claimPushes(claim)
    }
}
