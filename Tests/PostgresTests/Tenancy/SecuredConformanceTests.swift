import PluginAPI
import StoreConformance
import Testing

@testable import PostgresPlugin

@Suite("Row-level security: every rule of a store is kept by a role that the policies bind")
struct SecuredConformanceTests {
    private static let shared = Task {
        let database = try await TestDatabase()
        let role = try await database.secured()
        var options = try database.options
        options.connection["user"] = role
        options.hasRowSecurity = true
        return PostgresStore(pool: try await PostgresPool.open(options))
    }

    private static let behindPooler = Task {
        let database = try await TestDatabase()
        let role = try await database.secured()
        var options = try database.options
        options.connection["user"] = role
        options.hasRowSecurity = true
        options.preparesStatements = false
        options.connection.sendsSessionOptions = false
        return PostgresStore(pool: try await PostgresPool.open(options))
    }

    @Test("with prepared statements", arguments: StoreRule.all)
    func prepared(_ rule: StoreRule) async throws {
        try await rule.check { try await Self.shared.value }
    }

    @Test("with statements that are not prepared and sessions that are not set up", arguments: StoreRule.all)
    func unprepared(_ rule: StoreRule) async throws {
        try await rule.check { try await Self.behindPooler.value }
    }
}
