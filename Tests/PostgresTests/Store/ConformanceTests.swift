import PluginAPI
import StoreConformance
import Testing

@testable import PostgresPlugin

@Suite("PostgreSQL store: conformance")
struct ConformanceTests {
    /// One database for all: each rule makes an app of its own, and they run at the same time.
    private static let shared = Task {
        let database = try await TestDatabase()
        try await database.migrate()
        return PostgresStore(pool: try await PostgresPool.open(try database.options))
    }

    @Test("keeps the rule", arguments: StoreRule.all)
    func keeps(_ rule: StoreRule) async throws {
        try await rule.check { try await Self.shared.value }
    }
}
