import PluginAPI

extension ArchiveTable {
    private var columnList: String { columns.map(\.name).joined(separator: ", ") }

    /// A page in the order of the key, which is the table's primary key: a walk along the table itself.
    func pageStatement(after key: ArchiveKey?) -> String {
        let names = keyColumns.map(\.name).joined(separator: ", ")
        let marks = keyColumns.map { _ in "?" }.joined(separator: ", ")
        let condition = key == nil ? "" : "WHERE (\(names)) > (\(marks))"
        return "SELECT \(columnList) FROM \(rawValue) \(condition) ORDER BY \(names) LIMIT \(ArchivePage.rowLimit)"
    }

    var insertStatement: String {
        "INSERT INTO \(rawValue) (\(columnList)) VALUES (\(columns.map { _ in "?" }.joined(separator: ", ")))"
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
