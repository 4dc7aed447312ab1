import PluginAPI
import Testing

@testable import PostgresPlugin

@Suite("Row-level security: what is looked at before serving")
struct RoleTests {
    private func expectRefusal(_ parts: String..., by body: () async throws -> Void) async {
        do {
            try await body()
            Issue.record("it was let through")
        } catch let error as SchemaRefusal {
            for part in parts { #expect(error.description.contains(part), "\(error)") }
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test("a role of the server's own with its rights is let through, and finds nothing pending")
    func own() async throws {
        let database = try await TestDatabase()
        let schema = try database.securedSchema(as: try await database.secured())
        try await schema.verifyRights()
        #expect(try await schema.plan(finalizing: false).isEmpty)
        // As `migrate: auto` does at every start.
        try await schema.apply(finalizing: false) { _ in }
        try await schema.verifyBinding()
    }

    @Test("a role that the policies do not bind is refused: superuser, owner, bypass")
    func unbound() async throws {
        let database = try await TestDatabase()
        let role = try await database.secured()
        await expectRefusal("do not bind the role postgres", "docs/scaling.md") {
            try await database.securedSchema.verifyBinding()
        }
        try await database.run("ALTER ROLE \(role) BYPASSRLS")
        await expectRefusal("bypasses row-level security") {
            try await database.securedSchema(as: role).verifyBinding()
        }
        try await database.run("ALTER ROLE \(role) NOBYPASSRLS; ALTER TABLE messages OWNER TO \(role)")
        await expectRefusal("policies on messages do not bind", "owner") {
            try await database.securedSchema(as: role).verifyBinding()
        }
    }

    @Test("missing policies are a pending step, which the setting alone asks for")
    func pending() async throws {
        let database = try await TestDatabase()
        try await database.migrate()
        #expect(try await database.schema.plan(finalizing: false).isEmpty)
        let plan = try await database.securedSchema.plan(finalizing: false)
        #expect(plan.map(\.name) == ["row-level security"] && plan.allSatisfy { $0.locks.hasSuffix(".") })
        #expect(try await database.securedSchema.status().pending == 1)
        try await database.securedSchema.apply(finalizing: false) { _ in }
        #expect(try await database.securedSchema.plan(finalizing: false).isEmpty)
        try await database.run("ALTER POLICY replyhq_tenant ON messages USING (true)")
        #expect(try await database.securedSchema.plan(finalizing: false).count == 1)
        try await database.securedSchema.apply(finalizing: false) { _ in }
        #expect(try await database.securedSchema.plan(finalizing: false).isEmpty)
    }

    @Test("missing rights are named as the statements that give them")
    func rights() async throws {
        let database = try await TestDatabase()
        let role = try await database.secured()
        try await database.run(
            """
            REVOKE UPDATE ON messages FROM \(role); REVOKE ALL ON schema_migrations FROM \(role);
            REVOKE USAGE ON SEQUENCE messages_sequence_seq FROM \(role)
            """)
        await expectRefusal(
            "GRANT UPDATE ON messages TO \(role)", "GRANT SELECT ON schema_migrations TO \(role)",
            "GRANT USAGE ON SEQUENCE public.messages_sequence_seq TO \(role)"
        ) { try await database.securedSchema(as: role).verifyRights() }
    }

    @Test("another policy that lets more through is refused by its name, one for another role is not")
    func others() async throws {
        let database = try await TestDatabase()
        let role = try await database.secured()
        try await database.run(
            "CREATE ROLE reports_\(role); CREATE POLICY reports ON messages TO reports_\(role) USING (true)")
        try await database.securedSchema(as: role).verifyBinding()
        try await database.run("CREATE POLICY wide ON messages FOR SELECT USING (true)")
        await expectRefusal("policy wide on messages") {
            try await database.securedSchema(as: role).verifyBinding()
        }
    }

    @Test("without the setting a role that the policies bind is refused instead of seeing nothing")
    func unaware() async throws {
        let database = try await TestDatabase()
        var schema = try database.securedSchema(as: try await database.secured())
        schema.hasRowSecurity = false
        await expectRefusal("would hide all rows", "row_level_security: true") { try await schema.verifyBinding() }
        try await database.schema.verifyBinding()
    }

    @Test("who copies a database and is shown a part of it only hears so")
    func archive() async throws {
        let database = try await TestDatabase()
        let role = try await database.secured()
        try await database.untilUnused()
        do {
            _ = try await PostgresFactory().openArchive(database.url(as: role), for: .reading)
            Issue.record("a part was taken for all")
        } catch let error as ArchiveError {
            #expect(error.kind == .unusable && error.description.contains("row-level security"), "\(error)")
        }
        let archive = try await PostgresFactory().openArchive(database.url, for: .reading)
        #expect(try await archive.rowCount(of: .messages) == 0)
        await archive.close()
    }
}
