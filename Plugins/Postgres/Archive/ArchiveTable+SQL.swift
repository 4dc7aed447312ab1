import PluginAPI

extension ArchiveColumn {
    /// The column as it is read: whatever the table's collation, text is compared by its bytes.
    fileprivate var sorted: String { kind == .integer ? name : "\(name) COLLATE \"C\"" }

    /// The type of the array that carries the column's values to ``ArchiveTable/insertStatement``.
    fileprivate var carrier: String {
        switch kind {
        case .name, .text, .object: "text[]"
        case .integer, .time: "bigint[]"
        }
    }

    /// The carried value as the column's own type.
    fileprivate var stored: String {
        switch kind {
        case .name, .text, .integer: "r.\(name)"
        case .time: "timestamp 'epoch' + r.\(name) * interval '1 millisecond'"
        case .object: "r.\(name)::jsonb"
        }
    }
}

extension ArchiveTable {
    private var columnList: String { columns.map(\.name).joined(separator: ", ") }

    /// A page in the order of the key, ended after the row with which the texts exceed the bound: the server counts, so
    /// that more never comes over.
    func pageStatement(after key: ArchiveKey?) -> String {
        let order = keyColumns.map(\.sorted).joined(separator: ", ")
        let texts = columns.filter { $0.kind == .text || $0.kind == .object }
        let size = texts.map { "coalesce(octet_length(\($0.name)::text), 0)" }.joined(separator: " + ")
        let isBounded = !texts.isEmpty
        let before = "sum(\(size)) OVER (ORDER BY \(order) ROWS UNBOUNDED PRECEDING) - (\(size)) AS bytes_before"
        let marks = keyColumns.enumerated().map { place, column in
            column.kind == .integer ? "$\(place + 1)::bigint" : "$\(place + 1)::text COLLATE \"C\""
        }
        let condition = key == nil ? "" : "WHERE (\(order)) > (\(marks.joined(separator: ", ")))"
        return """
            SELECT \(columnList) FROM (
                SELECT \(columnList)\(isBounded ? ", \(before)" : "") FROM \(rawValue) \(condition)
                ORDER BY \(order) LIMIT \(ArchivePage.rowLimit)
            ) page \(isBounded ? "WHERE bytes_before < \(ArchivePage.byteLimit)" : "") ORDER BY \(order)
            """
    }

    /// One statement for a page of rows, whose columns come as arrays.
    var insertStatement: String {
        let arrays = columns.enumerated().map { "$\($0 + 1)::\($1.carrier)" }.joined(separator: ", ")
        let values = columns.map(\.stored).joined(separator: ", ")
        return """
            INSERT INTO \(rawValue) (\(columnList))
            SELECT \(values) FROM unnest(\(arrays)) AS r (\(columnList))
            """
    }
}
