import Glibc

/// A value of an archive's row.
public enum ArchiveValue: Sendable, Hashable {
    /// There is none.
    case null
    /// A number, or an instant as milliseconds since 1970.
    case integer(Int64)
    /// A name or what somebody wrote.
    case text(String)
    /// A JSON object.
    case object(JSONObject)
}

/// A row of an archive's table: a value for each of ``ArchiveTable/columns``, in their order.
public struct ArchiveRow: Sendable, Hashable {
    /// The table it is of.
    public var table: ArchiveTable
    /// As many as the table has columns.
    public var values: [ArchiveValue]

    /// Makes a row.
    public init(_ table: ArchiveTable, _ values: [ArchiveValue]) {
        self.table = table
        self.values = values
    }

    /// What tells it from all other rows of its table.
    public var key: ArchiveKey { ArchiveKey(values.prefix(table.keyCount)) }

    /// Writes the row as a JSON array, the same bytes for the same row whatever engine it came from: members of objects
    /// sorted by the bytes of their names, whole numbers without fraction.
    public func write(to json: inout JSONWriter) {
        json.beginArray()
        for value in values {
            switch value {
            case .null: json.null()
            case .integer(let number): json.int(number)
            case .text(let text): json.string(text)
            case .object(let object): Self.write(.object(object), to: &json)
            }
        }
        json.endArray()
    }

    private static func write(_ value: JSONValue, to json: inout JSONWriter) {
        switch value {
        case .null, .bool, .string: json.value(value)
        // Engines write 1e2, 100 and 100.0 for each other.
        case .int, .double: json.value(value.intValue.map { .int($0) } ?? value)
        case .array(let elements):
            json.beginArray()
            for element in elements { write(element, to: &json) }
            json.endArray()
        case .object(let members):
            json.beginObject()
            for (name, value) in members.sorted(by: { $0.key.byteOrder($1.key) < 0 }) {
                json.key(name)
                write(value, to: &json)
            }
            json.endObject()
        }
    }
}

/// What tells the rows of a table apart. Keys are ordered part by part: numbers by value, text by its UTF-8 bytes.
public struct ArchiveKey: Sendable, Comparable, CustomStringConvertible {
    /// The values of the key's columns.
    public let parts: ArraySlice<ArchiveValue>

    /// Makes a key of the values of a table's ``ArchiveTable/keyColumns``.
    public init(_ parts: ArraySlice<ArchiveValue>) {
        self.parts = parts
    }

    /// Less than 0 if this key comes before the other, more if after, 0 if no part tells them apart.
    public func order(_ other: ArchiveKey) -> Int {
        for (mine, its) in zip(parts, other.parts) {
            switch (mine, its) {
            case (.integer(let mine), .integer(let its)): if mine != its { return mine < its ? -1 : 1 }
            case (.text(let mine), .text(let its)):
                let order = mine.byteOrder(its)
                if order != 0 { return order }
            default: continue
            }
        }
        return 0
    }

    /// Whether the left key comes first.
    public static func < (left: ArchiveKey, right: ArchiveKey) -> Bool { left.order(right) < 0 }

    /// Whether no part tells them apart; unlike texts, that are equal if they only look alike.
    public static func == (left: ArchiveKey, right: ArchiveKey) -> Bool { left.order(right) == 0 }

    /// The parts with spaces between.
    public var description: String {
        parts.map { part in
            switch part {
            case .integer(let number): "\(number)"
            case .text(let text): text
            case .null, .object: "?"
            }
        }.joined(separator: " ")
    }
}

extension String {
    /// The order of the UTF-8 bytes, as the stores sort text; `<` would follow Unicode's canonical order.
    fileprivate func byteOrder(_ other: String) -> Int {
        var (mine, its) = (self, other)
        return mine.withUTF8 { mine in
            its.withUTF8 { its in
                let common = min(mine.count, its.count)
                if common > 0, let start = mine.baseAddress, let otherStart = its.baseAddress {
                    let order = memcmp(start, otherStart, common)
                    if order != 0 { return Int(order) }
                }
                return mine.count - its.count
            }
        }
    }
}
