import PluginAPI
import Synchronization

/// An archive as a store can take it that keeps no U+0000 in names: each becomes U+FFFD, and the name ends with a part of
/// the digest of what it was, so that two that were different stay so. What people wrote is left as it is.
///
/// The name of a device is a part of keys, and another name has another place in their order: the rows whose keys change
/// are held in memory and shown where they belong now.
final class MendedArchive: StoreArchive {
    /// The tables whose keys hold names that clients chose.
    private static let keyed: [ArchiveTable] = [.devices, .transportUses]
    /// How many bytes of rows are held.
    private static let limit = 64 << 20

    private let source: any StoreArchive
    /// Rows with other keys than in the source, in the order of those.
    private let moved: [ArchiveTable: [MendedRow]]
    private let counts = Mutex<[ArchiveTable: [String: Int64]]>([:])

    var place: String { source.place }

    /// Reads the tables whose keys may change. Throws ``ArchiveError``.
    init(_ source: any StoreArchive) async throws {
        self.source = source
        var moved: [ArchiveTable: [MendedRow]] = [:]
        var bytes = 0
        for table in Self.keyed {
            var rows = RowStream(source, table)
            try await rows.fill()
            while let row = rows.current {
                if Self.moves(row) {
                    let mended = MendedRow(row, keyToo: true)
                    bytes += mended.byteCount
                    moved[table, default: []].append(mended)
                }
                guard bytes <= Self.limit else {
                    throw ArchiveError(
                        .failed,
                        "\(source.place): too many rows of \(table.rawValue) hold U+0000 in their key to be mended; "
                            + "delete them first")
                }
                rows.advance()
                try await rows.fill()
            }
            moved[table]?.sort { $0.row.key < $1.row.key }
        }
        self.moved = moved
    }

    /// How many values of which columns were mended in the last look at each table.
    var mended: [CopyReport.Mended] {
        let counts = counts.withLock { $0 }
        return ArchiveTable.allCases.flatMap { table in
            (counts[table] ?? [:]).sorted { $0.key < $1.key }
                .map { CopyReport.Mended(table: table, column: $0.key, values: $0.value) }
        }
    }

    func rowCount(of table: ArchiveTable) async throws -> Int64 { try await source.rowCount(of: table) }

    func page(of table: ArchiveTable, after key: ArchiveKey?) async throws -> [ArchiveRow] {
        if key == nil { counts.withLock { $0[table] = nil } }
        var start = key
        while true {
            let found = try await source.page(of: table, after: start)
            let others = moved(of: table, after: start, upTo: found.last?.key)
            var rows = found.filter { !Self.moves($0) }.map { MendedRow($0, keyToo: false) } + others
            if !others.isEmpty { rows.sort { $0.row.key < $1.row.key } }
            let page = rows.prefix(ArchivePage.rowLimit)
            guard page.isEmpty else {
                count(page, table)
                return page.map(\.row)
            }
            guard let last = found.last else { return [] }
            start = last.key
        }
    }

    /// The rows that belong between two keys now; nil: from the beginning, to the end.
    private func moved(of table: ArchiveTable, after start: ArchiveKey?, upTo end: ArchiveKey?) -> [MendedRow] {
        (moved[table] ?? []).filter { moved in
            (start.map { $0 < moved.row.key } ?? true) && (end.map { moved.row.key <= $0 } ?? true)
        }
    }

    private static func moves(_ row: ArchiveRow) -> Bool {
        keyed.contains(row.table) && row.key.parts.contains { MendedRow.mended($0) != nil }
    }

    private func count(_ rows: ArraySlice<MendedRow>, _ table: ArchiveTable) {
        counts.withLock { counts in
            for row in rows { for column in row.columns { counts[table, default: [:]][column, default: 0] += 1 } }
        }
    }

    func insert(_ rows: [ArchiveRow], into table: ArchiveTable) async throws {
        try await source.insert(rows, into: table)
    }

    func lastSequence() async throws -> Int64 { try await source.lastSequence() }

    func raiseSequence(to number: Int64) async throws { try await source.raiseSequence(to: number) }

    func close() async { await source.close() }
}

/// A row without U+0000 in its names.
private struct MendedRow: Sendable {
    var row: ArchiveRow
    /// The columns whose values are others than they were.
    var columns: [String] = []

    /// - Parameter keyToo: whether the columns of the key are mended, too.
    init(_ row: ArchiveRow, keyToo: Bool) {
        self.row = row
        for (place, column) in row.table.columns.enumerated() where column.kind == .name {
            guard keyToo || place >= row.table.keyCount, let value = Self.mended(self.row.values[place])
            else { continue }
            self.row.values[place] = value
            columns.append(column.name)
        }
    }

    /// The value without U+0000; nil: it holds none.
    static func mended(_ value: ArchiveValue) -> ArchiveValue? {
        guard case .text(let text) = value, text.utf8.contains(0) else { return nil }
        let mark = Hex.encode(Digest.sha256(text.utf8)).prefix(12)
        return .text("\(text.replacing("\0", with: "\u{FFFD}"))-\(mark)")
    }

    var byteCount: Int {
        row.values.reduce(64) { sum, value in
            if case .text(let text) = value { sum + text.utf8.count } else { sum + 16 }
        }
    }
}
