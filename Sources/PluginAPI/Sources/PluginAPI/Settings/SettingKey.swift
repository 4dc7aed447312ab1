/// One setting that a plugin or the host understands: its name, what it may be, and what it is for.
public struct SettingKey: Sendable {
    /// The name in the file, in `snake_case`.
    public var name: String
    /// What it may be.
    public var kind: SettingKind
    /// The value when nothing is stated, written as it would be in the file; `nil` when there is none.
    public var defaultText: String?
    /// Whether it has to be stated.
    public var isRequired: Bool
    /// Whether its value must never be printed.
    public var isSecret: Bool
    /// One sentence on what it does, for help output.
    public var summary: String

    /// Creates a key; the functions named after the kinds read better.
    public init(
        _ name: String, _ kind: SettingKind, default defaultText: String? = nil, required: Bool = false,
        secret: Bool = false, _ summary: String
    ) {
        self.name = name
        self.kind = kind
        self.defaultText = defaultText
        self.isRequired = required
        self.isSecret = secret || Redaction.isSecret(name: name)
        self.summary = summary
    }
}

extension SettingKey {
    /// A text.
    public static func string(
        _ name: String, default value: String? = nil, required: Bool = false, _ summary: String
    ) -> SettingKey {
        SettingKey(name, .string, default: value, required: required, summary)
    }

    /// A text that is never printed.
    public static func secret(_ name: String, required: Bool = false, _ summary: String) -> SettingKey {
        SettingKey(name, .string, required: required, secret: true, summary)
    }

    /// A whole number.
    public static func integer(
        _ name: String, default value: Int? = nil, in range: ClosedRange<Int> = .min ... .max, required: Bool = false,
        _ summary: String
    ) -> SettingKey {
        SettingKey(name, .integer(range), default: value.map { String($0) }, required: required, summary)
    }

    /// A decimal number.
    public static func number(
        _ name: String, default value: Double? = nil, in range: ClosedRange<Double>, required: Bool = false,
        _ summary: String
    ) -> SettingKey {
        SettingKey(name, .number(range), default: value.map { String($0) }, required: required, summary)
    }

    /// A truth value.
    public static func boolean(
        _ name: String, default value: Bool? = nil, required: Bool = false, _ summary: String
    ) -> SettingKey {
        SettingKey(name, .boolean, default: value.map { String($0) }, required: required, summary)
    }

    /// A length of time.
    public static func duration(
        _ name: String, default value: Duration? = nil, in range: ClosedRange<Duration>, required: Bool = false,
        _ summary: String
    ) -> SettingKey {
        SettingKey(name, .duration(range), default: value.map { SettingText.text($0) }, required: required, summary)
    }

    /// A number of bytes.
    public static func byteCount(
        _ name: String, default value: Int? = nil, in range: ClosedRange<Int> = 0 ... .max, required: Bool = false,
        _ summary: String
    ) -> SettingKey {
        let text = value.map { SettingText.text(byteCount: $0) }
        return SettingKey(name, .byteCount(range), default: text, required: required, summary)
    }
}
