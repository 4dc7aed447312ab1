import PluginAPI

/// What is looked at before serving: with row-level security a server sees everything, nothing or an error by the role
/// that it connects as, and only one kind of role keeps what the setting promises.
extension PostgresSchema {
    /// What the server's statements do with each table.
    private static let rights = [
        (table: "apps", rights: ["SELECT", "INSERT", "UPDATE"]),
        (table: "conversations", rights: ["SELECT", "INSERT", "UPDATE"]),
        (table: "messages", rights: ["SELECT", "INSERT", "UPDATE"]),
        (table: "devices", rights: ["SELECT", "INSERT", "UPDATE"]),
        (table: "events", rights: ["INSERT"]),
        (table: "transport_uses", rights: ["SELECT", "INSERT", "UPDATE", "DELETE"]),
        (table: "push_outbox", rights: ["SELECT", "INSERT", "UPDATE"]),
        (table: "server_leases", rights: ["SELECT", "INSERT", "UPDATE", "DELETE"]),
        (table: "schema_migrations", rights: ["SELECT"]),
        (table: "schema_adoption", rights: ["SELECT"]),
    ]
    private static let presenceRights = ["presence_leases", "presence_shown"].map {
        (table: $0, rights: ["SELECT", "INSERT", "UPDATE", "DELETE"])
    }
    private static let counters = [(table: "messages", column: "sequence"), (table: "events", column: "id")]

    /// Makes sure that a role that owns nothing may do what the server does, with the tables that there are.
    ///
    /// - Throws: ``SchemaRefusal`` with the statements that are missing.
    func verifyRights() async throws {
        guard hasRowSecurity else { return }
        try await work { session in
            let missing = try missingRights(session)
            guard !missing.isEmpty else { return }
            throw SchemaRefusal(
                "the role lacks rights; let the owner of the tables run: \(missing.joined(separator: "; "))")
        }
    }

    /// Makes sure that the policies bind the role exactly if the setting says so.
    ///
    /// - Throws: ``SchemaRefusal`` with what to do.
    func verifyBinding() async throws {
        try await work { session in
            let rows = try session.query(
                """
                SELECT t.relname, row_security_active(t.oid), pg_has_role(t.relowner, 'USAGE'), current_user
                FROM \(RowSecurity.ownTables) ORDER BY t.relname
                """)
            let role = rows.first?[3] ?? ""
            let wrong = rows.first { ($0[1] == "t") != hasRowSecurity }
            guard let wrong, let table = wrong[0] else { return try verifyPolicies(session) }
            guard hasRowSecurity else {
                throw SchemaRefusal(
                    "row-level security on \(table) would hide all rows from the role \(role); set "
                        + "`row_level_security: true`, or connect as the owner of the tables")
            }
            let reason = wrong[2] == "t" ? "as it may act as their owner" : "as it bypasses row-level security"
            throw SchemaRefusal(
                "`row_level_security` is set, but the policies on \(table) do not bind the role \(role), \(reason); "
                    + "connect as a role of the server's own, see \"Row-level security\" in docs/scaling.md")
        }
    }

    /// Of several policies each lets more rows through.
    private func verifyPolicies(_ session: SchemaConnection) throws {
        guard hasRowSecurity else { return }
        let others = try session.query(
            """
            SELECT p.polname, t.relname FROM (SELECT t.oid, t.relname FROM \(RowSecurity.ownTables)) t
            JOIN pg_policy p ON p.polrelid = t.oid AND p.polpermissive AND NOT \(RowSecurity.isOurs)
            WHERE EXISTS (SELECT FROM unnest(p.polroles) r WHERE r = 0 OR pg_has_role(r, 'USAGE')) LIMIT 1
            """)
        guard let other = others.first else { return }
        throw SchemaRefusal(
            "`row_level_security` is set, but policy \(other[0] ?? "") on \(other[1] ?? "") lets the role reach other "
                + "rows than the app's; drop it")
    }

    private func missingRights(_ session: SchemaConnection) throws -> [String] {
        var missing: [String] = []
        for (table, rights) in Self.rights + (sharesPresence ? Self.presenceRights : []) {
            let list = rights.map { "'\($0)'" }.joined(separator: ", ")
            let rows = try session.query(
                """
                SELECT string_agg(r, ', '), quote_ident(current_user) FROM unnest(ARRAY[\(list)]) r
                WHERE NOT has_table_privilege(to_regclass('\(table)'), r)
                """)
            if let absent = rows.first?[0], let role = rows.first?[1] {
                missing.append("GRANT \(absent) ON \(table) TO \(role)")
            }
        }
        for (table, column) in Self.counters {
            let rows = try session.query(
                """
                SELECT s, quote_ident(current_user) FROM (
                    SELECT pg_get_serial_sequence(t.relname, a.attname) FROM pg_class t JOIN pg_attribute a
                        ON a.attrelid = t.oid AND a.attname = '\(column)' AND NOT a.attisdropped
                    WHERE t.oid = to_regclass('\(table)')) found (s)
                WHERE NOT has_sequence_privilege(s, 'USAGE')
                """)
            if let counter = rows.first?[0], let role = rows.first?[1] {
                missing.append("GRANT USAGE ON SEQUENCE \(counter) TO \(role)")
            }
        }
        return missing
    }
}
