import PluginAPI
import StoreConformance
import Testing

@testable import PostgresPlugin

extension TakingOver {
    @Suite("Row-level security on a database that was taken over")
    struct SecuredAdoptionTests {
        @Test("every rule is kept, but for two while the old server may run beside", arguments: SchemaAge.allCases)
        func adopted(_ age: SchemaAge) async throws {
            let rules = StoreRule.all.filter { !TakingOver.notYet.contains($0.name) }
            try #require(rules.count == StoreRule.all.count - TakingOver.notYet.count)
            try await check(rules, age, isFinal: false)
        }

        @Test("every rule is kept when it is finalized", arguments: SchemaAge.allCases)
        func finalized(_ age: SchemaAge) async throws { try await check(StoreRule.all, age, isFinal: true) }

        private func check(_ rules: [StoreRule], _ age: SchemaAge, isFinal: Bool) async throws {
            let database = try await TestDatabase.reference(age)
            try await database.securedSchema.apply(finalizing: isFinal) { _ in }
            let role = try await database.serverRole()
            try await database.securedSchema(as: role).verifyRights()
            try await database.securedSchema(as: role).verifyBinding()
            try await database.withSecuredPool(role) { pool in
                let store = PostgresStore(pool: pool)
                for rule in rules { try await rule.check { store } }
            }
        }

        @Test("policies of the old server's last age stay as they are, and the missing ones are made")
        func remains() async throws {
            let database = try await TestDatabase.adopted(.rowSecurity)
            let step = try #require(try await database.securedSchema.plan(finalizing: false).last)
            #expect(
                step.name == "row-level security"
                    && step.statements.allSatisfy { statement in
                        ["events", "transport_uses", "push_outbox"].contains { statement.contains($0) }
                    })
            try await database.securedSchema.apply(finalizing: false) { _ in }
            let policies = try await database.run("SELECT polname FROM pg_policy ORDER BY polname")
            #expect(
                policies.map { $0[0] } == ["replyhq_tenant", "replyhq_tenant", "replyhq_tenant"]
                    + ["conversations", "devices", "messages"].map {
                        "tenant_isolation_\($0)"
                    })
        }

        @Test(
            "the old server goes on beside it as the owner of the tables", arguments: [SchemaAge.plainKeys, .indexed])
        func beside(_ age: SchemaAge) async throws {
            let database = try await TestDatabase.reference(age)
            try await database.securedSchema.apply(finalizing: false) { _ in }
            let role = try await database.serverRole()
            let conversation = try #require(
                try await database.value("SELECT min(id) FROM conversations WHERE app_id = 'app-1'"))
            let old = OldServer(age: age, session: try SQLSession(database.url))
            try old.insertMessage("old_1", in: conversation)
            try await database.withSecuredPool(role) { pool in
                let page = try await PostgresStore(pool: pool).messages(
                    of: ConversationID(conversation), in: .app("app-1"), afterSequence: 0, limit: 1_000)
                #expect(page?.messages.contains { $0.id == "old_1" } == true)
            }
        }
    }
}
