/// What a setting may be.
public indirect enum SettingKind: Sendable {
    /// Any text.
    case string
    /// A whole number within bounds.
    case integer(ClosedRange<Int>)
    /// A decimal number within bounds.
    case number(ClosedRange<Double>)
    /// `true` or `false`.
    case boolean
    /// A length of time: `30` (seconds), `250ms`, `1m30s`, `2h`, `7d`.
    case duration(ClosedRange<Duration>)
    /// A number of bytes: `100`, `16kB`, `1MB`; units are powers of 1024.
    case byteCount(ClosedRange<Int>)
    /// One of these words.
    case choice([String])
    /// A list of texts, or one text with commas.
    case stringList
    /// A text of a form of its own: what it is called in errors, and whether a text is one.
    case formatted(String, accepts: @Sendable (String) -> Bool)
    /// A list of such texts.
    case formattedList(String, accepts: @Sendable (String) -> Bool)
    /// A group of settings.
    case section(SettingsSchema)
    /// A list of groups.
    case sections(SettingsSchema)
    /// Whatever the one who reads it makes of it.
    case any

    /// One or two words for help output: `integer`, `duration`, `info|warning|error`.
    public var summary: String {
        switch self {
        case .string: "text"
        case .integer(let range): "integer" + SettingText.bounds(range, limits: .min ... .max) { String($0) }
        case .number: "number"
        case .boolean: "true|false"
        case .duration(let range):
            "duration" + SettingText.bounds(range, limits: .zero ... .longestSetting) { SettingText.text($0) }
        case .byteCount(let range):
            "size" + SettingText.bounds(range, limits: 0 ... .max) { SettingText.text(byteCount: $0) }
        case .choice(let choices): choices.joined(separator: "|")
        case .stringList: "list"
        case .formatted(let name, _): name
        case .formattedList(let name, _): "list of \(name)"
        case .section: "group"
        case .sections: "list of groups"
        case .any: "any"
        }
    }
}

extension SettingKind {
    /// Everything that is wrong with a value of this kind.
    func problems(of value: SettingValue) -> [SettingsError] {
        do throws(SettingsError) {
            switch self {
            case .string: _ = try value.text()
            case .integer(let range): _ = try value.integer(in: range)
            case .number(let range): _ = try value.number(in: range)
            case .boolean: _ = try value.boolean()
            case .duration(let range): _ = try value.duration(in: range)
            case .byteCount(let range): _ = try value.byteCount(in: range)
            case .choice(let choices): _ = try value.choice(choices)
            case .stringList: _ = try value.items()
            case .formatted(let expected, let accepts):
                _ = try value.parsed(expected) { accepts($0) ? $0 : nil }
            case .formattedList(let expected, let accepts):
                for item in try value.items() { _ = try item.parsed(expected) { accepts($0) ? $0 : nil } }
            case .any: break
            case .section(let schema): return schema.validate(value.node, path: value.path)
            case .sections(let schema):
                guard let items = value.node.items else { throw value.unexpected("a list") }
                return items.enumerated().flatMap { schema.validate($1, path: "\(value.path)[\($0)]") }
            }
            return []
        } catch {
            return [error]
        }
    }
}
