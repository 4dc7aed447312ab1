import PluginAPI
import SQLitePlugin
import StoreConformance
import Testing

@Suite("SQLite store: conformance")
struct ConformanceTests {
    @Test("keeps the rule", arguments: StoreRule.all)
    func keeps(_ rule: StoreRule) async throws {
        try await TemporaryDatabase().withStore { store in
            try await rule.check { store }
        }
    }
}
