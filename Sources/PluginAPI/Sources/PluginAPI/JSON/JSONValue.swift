/// Any JSON text as a value (RFC 8259).
///
/// Integers keep their own case so that sequence numbers and cursors beyond 2^53 survive.
public enum JSONValue: Sendable, Hashable {
    /// The literal `null`. On this product's wire it means "absent"; see ``JSONObject/present(_:)``.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number written without fraction and exponent that fits 64 bits.
    case int(Int64)
    /// Every other number; never infinite or NaN when it was parsed.
    case double(Double)
    /// A string of valid Unicode.
    case string(String)
    /// An ordered list of values.
    case array([JSONValue])
    /// Members in the order they were written.
    case object(JSONObject)
}

extension JSONValue {
    /// The text, or nil for any other kind.
    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The whole number, or nil; `3.0` counts as 3 because JSON does not tell the two apart.
    public var intValue: Int64? {
        switch self {
        case .int(let value): value
        case .double(let value): Int64(exactly: value)
        default: nil
        }
    }

    /// The number, or nil for any other kind; integers beyond 2^53 are rounded.
    public var doubleValue: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    /// The truth value, or nil for any other kind.
    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The members, or nil for any other kind.
    public var objectValue: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// The elements, or nil for any other kind.
    public var arrayValue: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// Whether this is the literal `null`.
    public var isNull: Bool {
        if case .null = self { true } else { false }
    }

    /// The member of that name; nil when there is none or this is no object.
    public subscript(key: String) -> JSONValue? {
        if case .object(let object) = self { object[key] } else { nil }
    }

    /// The element at that place; nil when out of range or this is no array.
    public subscript(index: Int) -> JSONValue? {
        if case .array(let array) = self, array.indices.contains(index) { array[index] } else { nil }
    }
}
