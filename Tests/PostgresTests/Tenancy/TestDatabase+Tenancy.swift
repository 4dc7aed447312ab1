import PluginAPI

@testable import PostgresPlugin

extension TestDatabase {
    /// What the owner gives the server's role: `docs/scaling.md`.
    static func grants(to role: String) -> [String] {
        [
            "GRANT SELECT, INSERT, UPDATE ON apps, conversations, messages, devices TO \(role)",
            "GRANT INSERT ON events TO \(role)",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON transport_uses, server_leases TO \(role)",
            "GRANT SELECT, INSERT, UPDATE ON push_outbox TO \(role)",
            "GRANT SELECT ON schema_migrations TO \(role)",
            "GRANT USAGE ON SEQUENCE messages_sequence_seq, events_id_seq TO \(role)",
        ]
    }

    /// The schema with row-level security.
    var securedSchema: PostgresSchema {
        get throws {
            var schema = try schema
            schema.hasRowSecurity = true
            return schema
        }
    }

    /// The same as the server of that role sees it.
    func securedSchema(as role: String) throws -> PostgresSchema {
        var schema = try securedSchema
        var connection = try options.connection
        connection["user"] = role
        schema = PostgresSchema(connection: connection, hasRowSecurity: true, takesOver: false)
        return schema
    }

    /// Brings the schema up to date with row-level security, and makes a role for the server.
    func secured() async throws -> String {
        try await securedSchema.apply(finalizing: false) { _ in }
        return try await serverRole()
    }

    /// A role that owns nothing and may do what a server does.
    func serverRole() async throws -> String {
        let role = "server_\(name)"
        try await run((["CREATE ROLE \(role) LOGIN"] + Self.grants(to: role)).joined(separator: "; "))
        let isTakenOver = try await run("SELECT to_regclass('schema_adoption') IS NOT NULL") == [["t"]]
        if isTakenOver { try await run("GRANT SELECT ON schema_adoption TO \(role)") }
        return role
    }

    /// Lends a pool as the server of that role has it.
    func withSecuredPool<Value>(
        _ role: String,
        _ change: (inout PostgresOptions) -> Void = { _ in },
        _ body: (PostgresPool) async throws -> Value
    ) async throws -> Value {
        try await withPool({ options in
            options.connection["user"] = role
            options.hasRowSecurity = true
            change(&options)
        }) { try await body($0) }
    }
}
