import GRDBSQLite
import PluginAPI

/// The row a statement stands on, read by column index. Valid only until the statement moves on.
struct SQLRow {
    let statement: OpaquePointer

    func isNull(_ column: CInt) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }

    func integer(_ column: CInt) -> Int64 { sqlite3_column_int64(statement, column) }

    /// The column's text; what is not valid UTF-8 is repaired, NULL is empty.
    func text(_ column: CInt) -> String { String(decoding: bytes(column), as: UTF8.self) }

    func optionalText(_ column: CInt) -> String? { isNull(column) ? nil : text(column) }

    func time(_ column: CInt) -> Timestamp { Timestamp(milliseconds: integer(column)) }

    func optionalTime(_ column: CInt) -> Timestamp? { isNull(column) ? nil : time(column) }

    func id<Entity>(_ column: CInt) -> Identifier<Entity> { Identifier(rawValue: text(column)) }

    func optionalID<Entity>(_ column: CInt) -> Identifier<Entity>? { isNull(column) ? nil : id(column) }

    /// A word of a closed set.
    func word<Word: RawRepresentable<String>>(_ column: CInt, as type: Word.Type = Word.self) throws -> Word {
        let text = text(column)
        guard let word = Word(rawValue: text) else {
            throw unreadable(column, "\"\(text)\" is no \(type)")
        }
        return word
    }

    /// A JSON object.
    func object(_ column: CInt) throws -> JSONObject {
        let bytes = bytes(column)
        if bytes.count == 2, bytes[0] == UInt8(ascii: "{"), bytes[1] == UInt8(ascii: "}") { return JSONObject() }
        do {
            if let object = try JSONValue(parsing: bytes).objectValue { return object }
        } catch {
            throw unreadable(column, "\(error)")
        }
        throw unreadable(column, "not a JSON object")
    }

    /// How many bytes the column's text has.
    func byteCount(_ column: CInt) -> Int { bytes(column).count }

    /// Text before length: asking for the length first could measure another encoding.
    private func bytes(_ column: CInt) -> UnsafeBufferPointer<UInt8> {
        let start = sqlite3_column_text(statement, column)
        return UnsafeBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(statement, column)))
    }

    private func unreadable(_ column: CInt, _ problem: String) -> ChatError {
        let name = sqlite3_column_name(statement, column).map { String(cString: $0) } ?? "\(column)"
        let cause = UnreadableColumn(column: name, problem: problem)
        return ChatError(.internalError, "The store holds a row that cannot be read", underlying: cause)
    }
}

/// A row holds what this version cannot have written.
struct UnreadableColumn: Error, Sendable, CustomStringConvertible {
    var column: String
    var problem: String

    var description: String { "column \(column): \(problem)" }
}
