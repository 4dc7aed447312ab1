import PluginAPI
import StoreConformance
import Testing

@testable import PostgresPlugin

extension TakingOver {
    @Suite("A database that was taken over keeps every rule of a store")
    struct AdoptedConformanceTests {
        @Test("but for two, while the old server may run beside", arguments: SchemaAge.allCases)
        func adopted(_ age: SchemaAge) async throws {
            let rules = StoreRule.all.filter { !TakingOver.notYet.contains($0.name) }
            try #require(rules.count == StoreRule.all.count - TakingOver.notYet.count)
            try await check(rules, try await TestDatabase.adopted(age))
        }

        @Test("when it is finalized", arguments: SchemaAge.allCases)
        func finalized(_ age: SchemaAge) async throws {
            try #require(!StoreRule.all.isEmpty)
            try await check(StoreRule.all, try await TestDatabase.adopted(age, isFinal: true))
        }

        private func check(_ rules: [StoreRule], _ database: TestDatabase) async throws {
            try await database.withStore { store in
                // One after the other: hashes of keys are unique in the old server's table, and rules reuse theirs.
                for rule in rules { try await rule.check { store } }
            }
            for (question, sql) in DerivedColumns.questions {
                #expect(try await database.value(sql) == "0", "\(question)")
            }
        }
    }
}
