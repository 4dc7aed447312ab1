import PluginAPI
import Synchronization

/// An archive in memory whose connection can break and whose disk can lie.
final class MemoryArchive: StoreArchive {
    private struct State {
        var rows = Dictionary(uniqueKeysWithValues: ArchiveTable.allCases.map { ($0, [ArchiveRow]()) })
        var sequence: Int64 = 0
        var insertsLeft = Int.max
        var pages = 0
    }

    private let pageSize: Int
    /// Done to each row that is stored; nil drops it.
    private let spoil: @Sendable (ArchiveRow) -> ArchiveRow?
    private let state = Mutex(State())

    var place: String { "memory" }

    let namesMayHoldNUL: Bool

    init(
        pageSize: Int = 7, namesMayHoldNUL: Bool = true,
        spoil: @escaping @Sendable (ArchiveRow) -> ArchiveRow? = { $0 }
    ) {
        self.namesMayHoldNUL = namesMayHoldNUL
        self.pageSize = pageSize
        self.spoil = spoil
    }

    /// How many pages were asked for.
    var pages: Int { state.withLock { $0.pages } }

    /// Lets so many inserts pass and breaks the connection at the one after.
    func breakConnection(after inserts: Int) { state.withLock { $0.insertsLeft = inserts } }

    func put(_ rows: [ArchiveRow]) {
        state.withLock { state in
            for row in rows {
                let present = state.rows[row.table, default: []].firstIndex { $0.key == row.key }
                if let present {
                    state.rows[row.table]?[present] = row
                } else {
                    state.rows[row.table]?.append(row)
                }
            }
            for table in Set(rows.map(\.table)) { state.rows[table]?.sort { $0.key < $1.key } }
        }
    }

    func remove(_ table: ArchiveTable, where condition: (ArchiveRow) -> Bool) {
        state.withLock { $0.rows[table]?.removeAll(where: condition) }
    }

    func rowCount(of table: ArchiveTable) async throws -> Int64 {
        state.withLock { Int64($0.rows[table]?.count ?? 0) }
    }

    func page(of table: ArchiveTable, after key: ArchiveKey?) async throws -> [ArchiveRow] {
        state.withLock { state in
            state.pages += 1
            let rows = state.rows[table] ?? []
            return Array(rows.drop { row in key.map { row.key <= $0 } ?? false }.prefix(pageSize))
        }
    }

    func insert(_ rows: [ArchiveRow], into table: ArchiveTable) async throws {
        try state.withLock { state in
            state.insertsLeft -= 1
            guard state.insertsLeft >= 0 else { throw ArchiveError(.failed, "memory: the connection was lost") }
            for row in rows {
                for case (.text(let name), .name) in zip(row.values, table.columns.map(\.kind))
                where !namesMayHoldNUL && name.utf8.contains(0) {
                    throw ArchiveError(.failed, "memory: \(row.key) holds U+0000")
                }
                if state.rows[table]?.contains(where: { $0.key == row.key }) ?? false {
                    throw ArchiveError(.failed, "memory: \(row.key) does not fit")
                }
            }
        }
        put(rows.compactMap(spoil))
    }

    func lastSequence() async throws -> Int64 { state.withLock { $0.sequence } }

    func raiseSequence(to number: Int64) async throws {
        state.withLock { $0.sequence = max($0.sequence, number) }
    }

    func close() async {}
}

extension ArchiveRow {
    /// A row whose key is made of the number, with the text in all its text columns.
    static func made(_ table: ArchiveTable, _ number: Int, _ text: String = "text") -> ArchiveRow {
        let values = table.columns.enumerated().map { place, column -> ArchiveValue in
            let isKey = place < table.keyCount
            return switch column.kind {
            case .integer, .time: .integer(Int64(number))
            case .name: .text(isKey ? "\(1_000 + number)" : text)
            case .text: .text(text)
            case .object: .object(["text": .string(text)])
            }
        }
        return ArchiveRow(table, values)
    }
}
