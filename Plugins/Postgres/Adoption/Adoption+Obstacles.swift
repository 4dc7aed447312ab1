/// Why a database cannot be taken over as it is; nothing was changed.
struct AdoptionError: Error, Sendable, CustomStringConvertible {
    /// One clause each.
    let obstacles: [String]

    init(_ obstacles: [String]) { self.obstacles = obstacles }

    var description: String { "The database cannot be taken over:\n  - " + obstacles.joined(separator: "\n  - ") }
}

extension Adoption {
    /// What would stop a step halfway, found before the first one: one clause each, with what to do. It reads each
    /// table once and locks nothing. Throws ``SchemaError``.
    static func obstacles(_ connection: SchemaConnection) throws -> [String] {
        let catalogue = try Catalogue(reading: connection)
        var found = rightsObstacles(catalogue)
        guard found.isEmpty else { return found }
        for question in questions {
            let answer = try connection.query(question.sql)
            let rows = answer.compactMap { $0.first ?? nil }
            if !rows.isEmpty { found.append("\(question.problem): \(rows.joined(separator: ", "))") }
        }
        return found
    }

    private static func rightsObstacles(_ catalogue: Catalogue) -> [String] {
        var found: [String] = []
        if catalogue.serverVersion < 140_000 { found.append("the server is older than PostgreSQL 14") }
        if !catalogue.mayCreate { found.append("this role may not create in the schema \(catalogue.schema ?? "")") }
        for table in ReferenceSchema(age: .rowSecurity).tables {
            guard let actual = catalogue.tables[table.name] else { continue }
            if !actual.isOwned { found.append("this role does not own \(table.name); connect as its owner") }
            if actual.isRowSecurityForced {
                found.append("row-level security is forced on \(table.name), so even its owner sees nothing")
            }
        }
        return found
    }

    private struct Question {
        var problem: String
        /// Answers up to five examples, none if all is well.
        var sql: String
    }

    private static let questions = [
        Question(
            problem: "messages.sequence draws from no sequence of its own; make it a serial",
            sql: "SELECT 'messages' WHERE pg_get_serial_sequence('messages', 'sequence') IS NULL"),
        Question(
            problem: "messages of one conversation share a sequence number; renumber them",
            sql: """
                SELECT conversation_id || ' ' || sequence FROM messages
                GROUP BY conversation_id, sequence HAVING count(*) > 1 LIMIT 5
                """),
        foreignWord("conversations", "status", ["open", "resolved"]),
        foreignWord("messages", "sender", ["user", "agent", "system"]),
        foreignWord("messages", "status", ["QUEUED", "SENDING", "SENT", "DELIVERED", "READ", "FAILED"]),
        foreignWord("devices", "platform", ["android", "ios", "web", "desktop", "unknown"]),
        Question(
            problem: "conversations.metadata is no JSON object; set it to '{}'",
            sql: "SELECT id FROM conversations WHERE jsonb_typeof(metadata) <> 'object' LIMIT 5"),
    ]

    private static func foreignWord(_ table: String, _ column: String, _ words: [String]) -> Question {
        let list = words.map { "'\($0)'" }.joined(separator: ", ")
        return Question(
            problem: "\(table).\(column) has words that no old server writes; change them to one of \(list)",
            sql: "SELECT DISTINCT \(column) FROM \(table) WHERE \(column) NOT IN (\(list)) LIMIT 5")
    }
}
