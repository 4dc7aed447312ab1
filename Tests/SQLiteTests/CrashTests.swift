import StoreConformance
import Testing

@testable import SQLitePlugin

@Suite("SQLite store: kill -9")
struct CrashTests {
    @Test("what was acknowledged survives, once, and trying the rest again doubles nothing", .timeLimit(.minutes(10)))
    func crash() async throws {
        let database = try TemporaryDatabase()
        let crash = StoreCrash(location: database.path) { body in
            try await database.withStore { store in
                try await body(store)
                let integrity = try await store.read { try $0.first("PRAGMA integrity_check") { $0.text(0) } }
                #expect(integrity == "ok")
            }
        }
        try await crash.check()
    }
}
