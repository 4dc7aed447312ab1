import PluginAPI

/// One thing wrong with a body, in the form that clients of the contract know (`http.md` 4): the error's `message` is
/// the list of them as JSON text.
struct ValidationIssue: Equatable {
    var code: String
    /// Names, and places in arrays, from the body down.
    var path: [JSONValue]
    var message: String
    /// What the code needs besides: `expected`, `minimum`, `options`, …
    var details: JSONObject = [:]

    var json: JSONValue {
        var object: JSONObject = ["code": .string(code)]
        for (name, value) in details { object.set(name, value) }
        object.set("path", .array(path))
        object.set("message", .string(message))
        return .object(object)
    }
}

extension ValidationIssue {
    /// - Parameter value: What was there; nil: nothing.
    static func type(expected: String, received value: JSONValue?, at path: [JSONValue]) -> ValidationIssue {
        let received = value?.kindName ?? "undefined"
        return ValidationIssue(
            code: "invalid_type", path: path,
            message: value == nil ? "Required" : "Expected \(expected), received \(received)",
            details: ["expected": .string(expected), "received": .string(received)])
    }

    static func tooSmall(_ kind: SizeKind, minimum: Int, at path: [JSONValue]) -> ValidationIssue {
        ValidationIssue(
            code: "too_small", path: path, message: "\(kind.subject) must contain at least \(minimum) \(kind.unit)",
            details: ["minimum": .int(Int64(minimum)), "type": .string(kind.rawValue), "inclusive": true])
    }

    static func tooBig(_ kind: SizeKind, maximum: Int, at path: [JSONValue]) -> ValidationIssue {
        ValidationIssue(
            code: "too_big", path: path, message: "\(kind.subject) must contain at most \(maximum) \(kind.unit)",
            details: ["maximum": .int(Int64(maximum)), "type": .string(kind.rawValue), "inclusive": true])
    }

    static func text(_ validation: String, at path: [JSONValue]) -> ValidationIssue {
        ValidationIssue(
            code: "invalid_string", path: path, message: "Invalid \(validation)",
            details: ["validation": .string(validation)])
    }

    static func choice(_ received: String, options: [String], at path: [JSONValue]) -> ValidationIssue {
        let listed = options.map { "'\($0)'" }.joined(separator: " | ")
        return ValidationIssue(
            code: "invalid_enum_value", path: path,
            message: "Invalid enum value. Expected \(listed), received '\(received)'",
            details: ["received": .string(received), "options": .array(options.map { .string($0) })])
    }

    static func custom(_ message: String, at path: [JSONValue]) -> ValidationIssue {
        ValidationIssue(code: "custom", path: path, message: message)
    }

    enum SizeKind: String {
        case string, array

        var subject: String { self == .string ? "String" : "Array" }
        var unit: String { self == .string ? "character(s)" : "element(s)" }
    }
}

extension JSONValue {
    fileprivate var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .int, .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
