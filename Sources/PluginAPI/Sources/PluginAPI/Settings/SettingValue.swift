/// One value on its way from text to type: the one place where a setting is judged.
struct SettingValue {
    var node: SettingsNode
    var path: String
    var isSecret: Bool

    func error(_ message: String) -> SettingsError {
        SettingsError(origin: node.origin, path: path, message: message)
    }

    func unexpected(_ expected: String) -> SettingsError {
        error("expected \(expected), got \(shown)")
    }

    /// What was given, fit to be printed.
    var shown: String {
        switch node.content {
        case .sequence: return "a list"
        case .mapping: return "a mapping"
        case .scalar(let scalar):
            if isSecret { return Secret.redacted }
            let text = Redaction.redact(urlsIn: scalar.text)
            return text.count <= 80 ? "\"\(text)\"" : "\"\(text.prefix(80))…\""
        }
    }

    func text(_ expected: String = "text") throws(SettingsError) -> String {
        guard let scalar = node.scalar else { throw unexpected(expected) }
        return scalar.text
    }

    func parsed<Value>(_ expected: String, _ parse: (String) -> Value?) throws(SettingsError) -> Value {
        guard let value = parse(try text(expected)) else { throw unexpected(expected) }
        return value
    }

    func integer(in range: ClosedRange<Int>?) throws(SettingsError) -> Int {
        let expected = "integer" + SettingText.bounds(range, limits: .min ... .max) { String($0) }
        return try within(range, parsed(expected, SettingText.integer), expected)
    }

    func number(in range: ClosedRange<Double>?) throws(SettingsError) -> Double {
        let limits = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
        let expected = "number" + SettingText.bounds(range, limits: limits) { String($0) }
        return try within(range, parsed(expected, SettingText.number), expected)
    }

    func boolean() throws(SettingsError) -> Bool {
        try parsed("true or false", SettingText.boolean)
    }

    func duration(in range: ClosedRange<Duration>?) throws(SettingsError) -> Duration {
        let bounds = SettingText.bounds(range, limits: .zero ... .longestSetting) { SettingText.text($0) }
        let expected = "a duration\(bounds) such as \"30s\""
        return try within(range, parsed(expected) { DurationText.parse($0, bareSeconds: true) }, expected)
    }

    func byteCount(in range: ClosedRange<Int>?) throws(SettingsError) -> Int {
        let expected = "a size" + SettingText.bounds(range, limits: 0 ... .max) { SettingText.text(byteCount: $0) }
        return try within(range, parsed("\(expected) such as \"64kB\"", SettingText.byteCount), expected)
    }

    func choice(_ choices: [String]) throws(SettingsError) -> String {
        let expected = choices.count == 1 ? choices[0] : "one of " + choices.joined(separator: ", ")
        return try parsed(expected) { text in choices.first { $0 == text.lowercased() || $0 == text } }
    }

    /// The items of a list, or of a comma list in one text, each with its own place.
    func items(_ expected: String = "a list of texts") throws(SettingsError) -> [SettingValue] {
        switch node.content {
        case .mapping:
            throw unexpected(expected)
        case .scalar(let scalar):
            let texts = SettingText.list(scalar.text)
            return texts.enumerated().map { item(SettingsNode(text: $1, origin: node.origin), $0) }
        case .sequence(let nodes):
            var values: [SettingValue] = []
            for (index, node) in nodes.enumerated() {
                let value = item(node, index)
                guard node.scalar != nil, !node.isNull else { throw value.unexpected("text") }
                values.append(value)
            }
            return values
        }
    }

    private func item(_ node: SettingsNode, _ index: Int) -> SettingValue {
        SettingValue(node: node, path: "\(path)[\(index)]", isSecret: isSecret)
    }

    private func within<Value: Comparable>(
        _ range: ClosedRange<Value>?, _ value: Value, _ expected: String
    ) throws(SettingsError) -> Value {
        if let range, !range.contains(value) { throw unexpected(expected) }
        return value
    }
}
