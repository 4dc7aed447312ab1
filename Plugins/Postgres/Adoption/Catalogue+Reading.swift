extension Catalogue {
    /// Reads the schema that `search_path` puts first. Throws ``SchemaError``.
    init(reading connection: SchemaConnection) throws {
        for row in try connection.query(Self.sessionQuery) {
            serverVersion = row[0].flatMap { Int($0) } ?? 0
            schema = row[1]
            mayCreate = row[2] == "t"
        }
        for row in try connection.query(Self.tableQuery) {
            guard let name = row[0] else { continue }
            tables[name] = Table(
                hasRowSecurity: row[1] == "t", isRowSecurityForced: row[2] == "t", isOwned: row[3] == "t")
        }
        for row in try connection.query(Self.columnQuery) {
            guard let table = row[0], let name = row[1], let type = row[2] else { continue }
            tables[table]?.columns[name] = Column(type: type, isNullable: row[3] == "t", hasDefault: row[4] == "t")
        }
        for row in try connection.query(Self.indexQuery) {
            guard let table = row[0], let name = row[1], let keys = row[2] else { continue }
            tables[table]?.indexes.append(
                Index(
                    name: name, keys: keys.split(separator: Self.separator).map(String.init), isUnique: row[3] == "t",
                    isPrimary: row[4] == "t", isValid: row[5] == "t", isConstraint: row[6] == "t", predicate: row[7]))
        }
        for row in try connection.query(Self.referenceQuery) {
            guard let table = row[0], let reference = row[1] else { continue }
            tables[table]?.references.insert(reference)
        }
        for row in try connection.query(Self.policyQuery) {
            guard let table = row[0] else { continue }
            tables[table]?.policies.append(row[1] ?? "")
        }
    }

    private static let separator: Character = "\u{1F}"

    private static let sessionQuery = """
        SELECT current_setting('server_version_num'), current_schema(),
            coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)
        """

    /// Ordinary and partitioned tables `t` of the schema that are no extension's.
    private static let ownTables = """
        FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = current_schema()
            AND t.relkind IN ('r', 'p') AND NOT EXISTS (
                SELECT FROM pg_depend d
                WHERE d.classid = 'pg_class'::regclass AND d.objid = t.oid AND d.deptype = 'e')
        """

    private static let tableQuery = """
        SELECT t.relname, t.relrowsecurity, t.relforcerowsecurity, pg_has_role(t.relowner, 'USAGE') \(ownTables)
        """

    private static let columnQuery = """
        SELECT t.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
            a.atthasdef OR a.attidentity <> ''
        \(ownTables) JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
        """

    private static let indexQuery = """
        SELECT t.relname, i.relname,
            array_to_string(ARRAY(
                SELECT pg_get_indexdef(x.indexrelid, k, true)
                    || CASE WHEN x.indoption[k - 1] & 1 = 1 THEN ' DESC' ELSE '' END
                FROM generate_series(1, x.indnkeyatts) k ORDER BY k), chr(31)),
            x.indisunique, x.indisprimary, x.indisvalid,
            EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = x.indexrelid AND c.contype IN ('p', 'u', 'x')),
            pg_get_expr(x.indpred, x.indrelid, true)
        \(ownTables) JOIN pg_index x ON x.indrelid = t.oid JOIN pg_class i ON i.oid = x.indexrelid
        ORDER BY i.relname
        """

    private static let referenceQuery = """
        SELECT t.relname, a.attname || '>' || f.relname
        \(ownTables) JOIN pg_constraint c ON c.conrelid = t.oid AND c.contype = 'f' AND cardinality(c.conkey) = 1
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.conkey[1]
            JOIN pg_class f ON f.oid = c.confrelid
        """

    private static let policyQuery = """
        SELECT t.relname, pg_get_expr(p.polqual, p.polrelid) \(ownTables) JOIN pg_policy p ON p.polrelid = t.oid
        """
}
