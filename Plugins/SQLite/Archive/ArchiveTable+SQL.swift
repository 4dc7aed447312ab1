import PluginAPI

extension ArchiveTable {
    private var columnList: String { columns.map(\.name).joined(separator: ", ") }

    /// A page in the order of the key: a walk along the table or its index.
    func pageStatement(after key: ArchiveKey?) -> String {
        if self == .messages { return messagePageStatement(after: key) }
        let names = keyColumns.map(\.name).joined(separator: ", ")
        let marks = keyColumns.map { _ in "?" }.joined(separator: ", ")
        let condition = key == nil ? "" : "WHERE (\(names)) > (\(marks))"
        return "SELECT \(columnList) FROM \(rawValue) \(condition) ORDER BY \(names) LIMIT \(ArchivePage.rowLimit)"
    }

    /// Messages hold their conversation's number instead of its id and its app.
    private func messagePageStatement(after key: ArchiveKey?) -> String {
        let names = columns.map { column in
            switch column.name {
            case "conversation_id": "c.id"
            case "app_id": "c.app_id"
            default: "m.\(column.name)"
            }
        }
        // Of the conversation that the last page ended in only the rest, of those after it all.
        let (rest, first) =
            key == nil ? ("", "") : ("AND m.sequence > iif(c.id = ?1, ?2, \(Int64.min))", "WHERE c.id >= ?1")
        return """
            SELECT \(names.joined(separator: ", ")) FROM conversations c
            CROSS JOIN messages m ON m.conversation = c.key \(rest) \(first)
            ORDER BY c.id, m.sequence LIMIT \(ArchivePage.rowLimit)
            """
    }

    var insertStatement: String {
        if self == .messages { return messageInsertStatement }
        return "INSERT INTO \(rawValue) (\(columnList)) VALUES (\(columns.map { _ in "?" }.joined(separator: ", ")))"
    }

    /// Without a conversation of that id and app there is no number, and the row does not fit.
    private var messageInsertStatement: String {
        let place = (id: mark(of: "conversation_id"), app: mark(of: "app_id"))
        let others = columns.map(\.name).filter { $0 != "conversation_id" && $0 != "app_id" }
        return """
            INSERT INTO messages (conversation, \(others.joined(separator: ", ")))
            VALUES ((SELECT key FROM conversations WHERE id = \(place.id) AND app_id = \(place.app)),
                \(others.map(mark).joined(separator: ", ")))
            """
    }

    /// What a column's value is bound to.
    private func mark(of column: String) -> String {
        "?\((columns.firstIndex { $0.name == column } ?? columns.count) + 1)"
    }
}

extension ArchiveValue {
    /// What is bound to a statement.
    var bound: SQLValue {
        switch self {
        case .null: .null
        case .integer(let number): .integer(number)
        case .text(let text): .text(text)
        case .object(let object): .object(object)
        }
    }
}
