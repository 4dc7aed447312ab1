@testable import PostgresPlugin

/// Makes a database as the old server would have it at some age, rows and all.
enum ReferenceDatabase {
    /// Builds the first age, fills it, and takes the old server's own steps up to `age`.
    static func build(_ age: SchemaAge, messages: Int, on connection: SchemaConnection) throws {
        for statement in ReferenceAge1.statements + ReferenceData.statements(messages: messages) {
            try connection.execute(statement)
        }
        for later in SchemaAge.allCases where later > .plainKeys && later <= age {
            for statement in steps(to: later) { try connection.execute(statement) }
        }
    }

    private static func steps(to age: SchemaAge) -> [String] {
        switch age {
        case .plainKeys: []
        case .hashedKeys: ReferenceAge2.statements + ReferenceData.hashedKeys
        case .indexed: ReferenceAge3.statements
        case .rowSecurity: ReferenceAge4.statements
        }
    }

    /// One digest per table over every row, through the columns that the old server knows. A message's app is part of
    /// it as the old server would fill it.
    static func digests(_ age: SchemaAge, on connection: SchemaConnection) throws -> [String: String] {
        var digests: [String: String] = [:]
        for (table, columns) in columns(age) {
            let answer = try connection.query(
                """
                SELECT count(*) || ' rows ' || md5(string_agg(r::text, chr(10) ORDER BY r."id"::text COLLATE "C"))
                FROM (SELECT \(columns) FROM "\(table)" t) r
                """)
            digests[table] = answer.first?.first ?? nil
        }
        return digests
    }

    private static func columns(_ age: SchemaAge) -> [String: String] {
        var columns = [
            "apps": #""id", "name", "api_key", "settings", "created_at", "updated_at""#,
            "conversations": """
            "id", "visitor_id", "status", "metadata", "app_id", "device_id", "user_id", "created_at", "updated_at"
            """,
            "messages": """
            "id", "local_id", "body", "sender", "status", "sequence", "created_at", "delivered_at", "read_at",
            "conversation_id"
            """,
            "devices": #""id", "device_id", "user_id", "push_token", "platform", "app_id", "created_at", "updated_at""#,
            "_prisma_migrations": "*",
        ]
        if age >= .hashedKeys {
            columns["apps"]? += #", "api_key_hash""#
            columns["messages"]? += """
                , coalesce("app_id", (SELECT c."app_id" FROM "conversations" c WHERE c."id" = "conversation_id"))
                """
        }
        if age >= .rowSecurity {
            columns["devices"]? += #", "push_token_provider", "push_token_updated_at""#
            columns["events"] = #""id", "user_id", "app_id", "event_name", "properties", "session_id""#
        }
        return columns
    }
}
