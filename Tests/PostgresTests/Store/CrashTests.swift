import StoreConformance
import Testing

@testable import PostgresPlugin

@Suite("PostgreSQL store: kill -9")
struct CrashTests {
    @Test("what was acknowledged survives, once, and trying the rest again doubles nothing", .timeLimit(.minutes(10)))
    func crash() async throws {
        let database = try await TestDatabase()
        try await database.migrate()
        let crash = StoreCrash(location: database.url) { body in
            // The server notices that the writer is gone only when it next speaks to it.
            try await database.run(
                """
                SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
                """)
            try await database.withPool { pool in try await body(PostgresStore(pool: pool)) }
        }
        try await crash.check()
    }
}
