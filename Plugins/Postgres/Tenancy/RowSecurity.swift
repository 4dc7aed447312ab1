import PluginAPI

/// Row-level security on the tables that hold rows of tenants: one policy for each, and what a database lacks of them.
///
/// It is not forced on the tables' owner, who changes the schema and copies the whole database; the server connects as
/// another role.
enum RowSecurity {
    /// Every table of ours with a column `app_id`.
    static let tables = ["conversations", "messages", "devices", "events", "transport_uses", "push_outbox"]
    private static let policy = "replyhq_tenant"
    /// With the collation no index serves it, as ``Statement/app(_:)`` explains; statements name the app themselves.
    private static let condition = "app_id = current_setting('\(Tenancy.setting)', true) COLLATE \"POSIX\""
    /// The condition as PostgreSQL prints it, and as old servers made it.
    private static let printed = [
        "(app_id = (current_setting('\(Tenancy.setting)'::text, true) COLLATE \"POSIX\"))",
        "(app_id = current_setting('\(Tenancy.setting)'::text, true))",
    ].map { "'\($0.replacing("'", with: "''"))'" }.joined(separator: ", ")

    /// Whether policy `p` lets everybody do everything with the rows of the app that is named, and nothing else.
    static let isOurs = """
        (p.polpermissive AND p.polcmd = '*' AND p.polroles = '{0}'
            AND pg_get_expr(p.polqual, p.polrelid) IN (\(printed))
            AND coalesce(pg_get_expr(p.polwithcheck, p.polrelid) = pg_get_expr(p.polqual, p.polrelid), true))
        """
    /// The tables `t` that there are.
    static let ownTables = """
        pg_class t WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind IN ('r', 'p')
            AND t.relname IN (\(tables.map { "'\($0)'" }.joined(separator: ", ")))
        """

    /// What is to be done so that all tables have it; nil when all do. A policy of the same meaning that somebody else
    /// made is left as it is.
    static func pending(_ connection: SchemaConnection) throws -> SchemaStep? {
        let rows = try connection.query(
            """
            SELECT t.relname, t.relrowsecurity,
                EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.oid AND \(isOurs))
            FROM \(ownTables)
            """)
        let known = Dictionary(rows.map { ($0[0] ?? "", (isOn: $0[1] == "t", hasPolicy: $0[2] == "t")) }) { $1 }
        let statements = tables.flatMap { table in
            let (isOn, hasPolicy) = known[table] ?? (false, false)
            let create = [
                "DROP POLICY IF EXISTS \(policy) ON \(table)",
                "CREATE POLICY \(policy) ON \(table) USING (\(condition))",
            ]
            return (hasPolicy ? [] : create)
                + (isOn ? [] : ["ALTER TABLE \(table) ENABLE ROW LEVEL SECURITY"])
        }
        guard !statements.isEmpty else { return nil }
        return SchemaStep(
            name: "row-level security",
            locks: "Locks each table it names against reading and writing for the moment of a change of the catalogue.",
            statements: statements, isTransactional: true)
    }
}
