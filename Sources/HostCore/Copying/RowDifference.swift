import PluginAPI

/// How a row of the target is not as the source's.
enum RowDifference {
    case missing(ArchiveKey)
    case foreign(ArchiveKey)
    /// With the names of the columns.
    case changed(ArchiveKey, [String])

    /// Two rows of one key whose bytes differ.
    init(source: ArchiveRow, target: ArchiveRow) {
        let names = zip(source.table.columns, zip(source.values, target.values)).compactMap { column, values in
            Self.isSame(source.table, column, values.0, values.1) ? nil : column.name
        }
        self = .changed(source.key, names)
    }

    func text(_ table: ArchiveTable) -> String {
        switch self {
        case .missing(let key): "\(table.rawValue) \(key) is in the source and not in the target"
        case .foreign(let key): "\(table.rawValue) \(key) is in the target and not in the source"
        case .changed(let key, let columns): "\(table.rawValue) \(key) differs in \(columns.joined(separator: ", "))"
        }
    }

    private static func isSame(
        _ table: ArchiveTable,
        _ column: ArchiveColumn,
        _ one: ArchiveValue,
        _ other: ArchiveValue
    ) -> Bool {
        var bytes = [ByteBuffer(), ByteBuffer()]
        for (place, value) in [one, other].enumerated() {
            var writer = JSONWriter()
            ArchiveRow(table, [value]).write(to: &writer)
            bytes[place] = writer.buffer
        }
        return bytes[0] == bytes[1]
    }
}
