import PluginAPI

/// Reads the members of a request's object and collects everything that is wrong with them.
///
/// Where a member is optional, `null` means that it is absent: clients write every field they know (`http.md` 5).
/// Members that nobody asks for are ignored.
struct ObjectReader {
    let object: JSONObject
    let path: [JSONValue]
    private(set) var issues: [ValidationIssue] = []

    init(_ object: JSONObject, path: [JSONValue] = []) {
        self.object = object
        self.path = path
    }

    /// The 400 that lists what is wrong.
    var failure: HTTPFailure {
        HTTPFailure(
            .badRequest, ChatError.Code.validation.description, "Invalid request body",
            message: JSONValue.array(issues.map(\.json)).description)
    }

    /// Throws the 400, if anything is wrong.
    func check() throws(HTTPFailure) {
        if !issues.isEmpty { throw failure }
    }

    mutating func report(_ issue: ValidationIssue) {
        issues.append(issue)
    }

    func path(of name: String) -> [JSONValue] {
        path + [.string(name)]
    }
}

// MARK: Members

extension ObjectReader {
    mutating func string(_ name: String, _ rule: TextRule = .shortText) -> String? {
        checked(object[name], name, rule)
    }

    mutating func optionalString(_ name: String, _ rule: TextRule = .shortText) -> String? {
        guard let value = object.present(name) else { return nil }
        return checked(value, name, rule)
    }

    mutating func optionalObject(_ name: String) -> JSONObject? {
        guard let value = object.present(name) else { return nil }
        if case .object(let members) = value { return members }
        report(.type(expected: "object", received: value, at: path(of: name)))
        return nil
    }

    /// One of the cases of an enumeration, or of some of them.
    mutating func choice<Choice: RawRepresentable<String>>(_ name: String, of choices: [Choice]) -> Choice? {
        guard let text = string(name) else { return nil }
        if let choice = choices.first(where: { $0.rawValue == text }) { return choice }
        report(.choice(text, options: choices.map(\.rawValue), at: path(of: name)))
        return nil
    }

    mutating func strings(_ name: String, _ rule: TextRule, count: ClosedRange<Int>) -> [String]? {
        guard case .array(let elements)? = object[name] else {
            report(.type(expected: "array", received: object[name], at: path(of: name)))
            return nil
        }
        if elements.count < count.lowerBound {
            report(.tooSmall(.array, minimum: count.lowerBound, at: path(of: name)))
            return nil
        }
        if elements.count > count.upperBound {
            report(.tooBig(.array, maximum: count.upperBound, at: path(of: name)))
            return nil
        }
        return elements.enumerated().compactMap { place, element in
            checked(element, at: path(of: name) + [.int(Int64(place))], rule)
        }
    }

    /// An object with members of its own, read by `read`; nil when it is missing or null.
    mutating func optionalNested<Value>(_ name: String, _ read: (inout ObjectReader) -> Value?) -> Value? {
        guard let members = optionalObject(name) else { return nil }
        return nested(members, name, read)
    }

    mutating func nested<Value>(_ name: String, _ read: (inout ObjectReader) -> Value?) -> Value? {
        guard case .object(let members)? = object[name] else {
            report(.type(expected: "object", received: object[name], at: path(of: name)))
            return nil
        }
        return nested(members, name, read)
    }

    private mutating func nested<Value>(
        _ members: JSONObject, _ name: String, _ read: (inout ObjectReader) -> Value?
    ) -> Value? {
        var reader = ObjectReader(members, path: path(of: name))
        let value = read(&reader)
        issues += reader.issues
        return value
    }

    private mutating func checked(_ value: JSONValue?, _ name: String, _ rule: TextRule) -> String? {
        // The path is made only where it is needed: most members are right.
        if case .string(let text)? = value, rule.issue(of: text, at: []) == nil { return text }
        return checked(value, at: path(of: name), rule)
    }

    private mutating func checked(_ value: JSONValue?, at path: [JSONValue], _ rule: TextRule) -> String? {
        guard case .string(let text)? = value else {
            report(.type(expected: "string", received: value, at: path))
            return nil
        }
        guard let issue = rule.issue(of: text, at: path) else { return text }
        report(issue)
        return nil
    }
}
