import CLibPQ
import PluginAPI

/// One row, read by column index straight from libpq's memory. Valid as long as its ``Rows``.
struct SQLRow {
    let result: OpaquePointer
    let row: CInt

    func isNull(_ column: CInt) -> Bool { PQgetisnull(result, row, column) == 1 }

    /// The column's text; NULL is empty.
    func text(_ column: CInt) -> String { String(decoding: bytes(column), as: UTF8.self) }

    func optionalText(_ column: CInt) -> String? { isNull(column) ? nil : text(column) }

    func id<Entity>(_ column: CInt) -> Identifier<Entity> { Identifier(rawValue: text(column)) }

    func optionalID<Entity>(_ column: CInt) -> Identifier<Entity>? { isNull(column) ? nil : id(column) }

    /// A whole number; NULL and anything else is unreadable.
    func integer(_ column: CInt) throws -> Int64 {
        guard let value = Self.integer(bytes(column)) else { throw unreadable(column, "not a whole number") }
        return value
    }

    func optionalInteger(_ column: CInt) throws -> Int64? { isNull(column) ? nil : try integer(column) }

    func boolean(_ column: CInt) throws -> Bool {
        let bytes = bytes(column)
        guard bytes.count == 1, bytes[0] == UInt8(ascii: "t") || bytes[0] == UInt8(ascii: "f") else {
            throw unreadable(column, "not a truth value")
        }
        return bytes[0] == UInt8(ascii: "t")
    }

    /// A word of a closed set.
    func word<Word: RawRepresentable<String>>(_ column: CInt, as type: Word.Type = Word.self) throws -> Word {
        let text = text(column)
        guard let word = Word(rawValue: text) else { throw unreadable(column, "\"\(text)\" is no \(type)") }
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

    /// Empty for NULL.
    func bytes(_ column: CInt) -> UnsafeBufferPointer<UInt8> {
        guard let start = PQgetvalue(result, row, column) else { return UnsafeBufferPointer(start: nil, count: 0) }
        let count = Int(PQgetlength(result, row, column))
        return start.withMemoryRebound(to: UInt8.self, capacity: count) {
            UnsafeBufferPointer(start: $0, count: count)
        }
    }

    func unreadable(_ column: CInt, _ problem: String) -> ChatError {
        let name = PQfname(result, column).map { String(cString: $0) } ?? "\(column)"
        let cause = UnreadableColumn(column: name, problem: problem)
        return ChatError(.internalError, "The store holds a row that cannot be read", underlying: cause)
    }

    private static func integer(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        let isNegative = bytes.first == UInt8(ascii: "-")
        let digits = isNegative ? bytes.dropFirst() : bytes[...]
        guard !digits.isEmpty else { return nil }
        // Counted downwards, because the least number has no positive twin.
        var value: Int64 = 0
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, isBelow) = tenfold.subtractingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            if overflow || isBelow { return nil }
            value = sum
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }
}

/// A row holds what this version cannot have written.
struct UnreadableColumn: Error, Sendable, CustomStringConvertible {
    var column: String
    var problem: String

    var description: String { "column \(column): \(problem)" }
}
