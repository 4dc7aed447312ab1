import PluginAPI
import Synchronization

/// One PostgreSQL database as an archive, over one session of its own.
final class PostgresArchive: StoreArchive {
    let place: String
    var namesMayHoldNUL: Bool { false }
    private let session: Mutex<SchemaConnection>

    init(session: sending SchemaConnection, place: String) {
        self.session = Mutex(session)
        self.place = place
    }

    func rowCount(of table: ArchiveTable) async throws -> Int64 {
        try await use { session in
            try session.fetch("SELECT count(*) FROM \(table.rawValue)") { try $0.first { try $0.integer(0) } ?? 0 }
        }
    }

    func page(of table: ArchiveTable, after key: ArchiveKey?) async throws -> [ArchiveRow] {
        let statement = table.pageStatement(after: key)
        let values = key?.parts.map(\.parameter) ?? []
        return try await use { session in
            try session.fetch(statement, values) { rows in
                try rows.map { row in
                    ArchiveRow(table, try table.columns.enumerated().map { try row.value(CInt($0), $1.kind) })
                }
            }
        }
    }

    func insert(_ rows: [ArchiveRow], into table: ArchiveTable) async throws {
        guard let first = rows.first, let last = rows.last else { return }
        try await use { [place] session in
            let columns = try Self.columns(of: rows, table, place)
            do {
                let added = try session.fetch(table.insertStatement, columns) { $0.affected }
                guard added == rows.count else {
                    throw ArchiveError(.failed, "\(place): took \(added) of \(rows.count) rows of \(table.rawValue)")
                }
            } catch let error as SchemaError where error.sqlState?.hasPrefix("23") ?? false {
                throw ArchiveError(
                    .failed, "\(place): a row from \(first.key) to \(last.key) does not fit: \(error.message)")
            }
            guard table == .events, case .integer(let id)? = last.values.first else { return }
            try Self.raise(Self.counter(of: "events", "id"), to: id, session)
        }
    }

    func lastSequence() async throws -> Int64 {
        try await use { session in
            let sql = "SELECT coalesce(pg_sequence_last_value(\(Self.counter(of: "messages", "sequence"))), 0)"
            return try session.fetch(sql) { try $0.first { try $0.integer(0) } ?? 0 }
        }
    }

    func raiseSequence(to number: Int64) async throws {
        try await use { try Self.raise(Self.counter(of: "messages", "sequence"), to: number, $0) }
    }

    func close() async {
        try? await use { $0.close() }
    }

    private static func counter(of table: String, _ column: String) -> String {
        "pg_get_serial_sequence('\(table)', '\(column)')::regclass"
    }

    private static func raise(_ counter: String, to number: Int64, _ session: SchemaConnection) throws {
        // A counter that was never used has no value; one must not be set to less than 1.
        guard number > 0 else { return }
        _ = try session.query(
            "SELECT setval(\(counter), greatest($1::bigint, coalesce(pg_sequence_last_value(\(counter)), 0)))",
            ["\(number)"])
    }

    /// The rows turned by columns.
    private static func columns(of rows: [ArchiveRow], _ table: ArchiveTable, _ place: String) throws -> [String] {
        try table.columns.enumerated().map { position, column in
            var literal = ArrayLiteral()
            for row in rows {
                switch row.values[position] {
                case .null: literal.appendNull()
                case .integer(let number): literal.append(number)
                case .object(let object): literal.append(StorableText.encode(object))
                case .text(let text) where column.kind == .text: literal.append(StorableText.encode(text))
                case .text(let name):
                    guard !name.utf8.contains(0) else {
                        let what = "\(table.rawValue) \(row.key): \(column.name) holds the character U+0000"
                        throw ArchiveError(.failed, "\(place): \(what), which PostgreSQL cannot keep in a name")
                    }
                    literal.append(name)
                }
            }
            return literal.text
        }
    }

    /// Lends the session on a thread that may block.
    private func use<Value: Sendable>(
        _ body: @escaping @Sendable (SchemaConnection) throws -> Value
    ) async throws -> Value {
        try await DedicatedThread.run(named: "pg-archive") { [self] in
            do {
                return try session.withLock { try body($0) }
            } catch let error as ArchiveError {
                throw error
            } catch {
                throw ArchiveError(.failed, "\(place): \(ErrorText.cause(of: error))")
            }
        }
    }
}

extension ArchiveValue {
    /// The text that is bound for a key's part.
    fileprivate var parameter: String? {
        switch self {
        case .integer(let number): "\(number)"
        case .text(let text): text
        case .null, .object: nil
        }
    }
}

extension SQLRow {
    fileprivate func value(_ column: CInt, _ kind: ArchiveColumn.Kind) throws -> ArchiveValue {
        if isNull(column) { return .null }
        return switch kind {
        case .integer: .integer(try integer(column))
        case .time: .integer(try time(column).milliseconds)
        case .name: .text(text(column))
        case .text: .text(storedText(column))
        case .object: .object(try storedObject(column))
        }
    }
}
