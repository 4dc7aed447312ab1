extension SettingKey {
    /// One of the cases of an enumeration.
    public static func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, of type: Choice.Type = Choice.self, default value: Choice? = nil, required: Bool = false,
        _ summary: String
    ) -> SettingKey {
        let choices = Choice.allCases.map(\.rawValue)
        return SettingKey(name, .choice(choices), default: value?.rawValue, required: required, summary)
    }

    /// A list of texts; none of the default's texts may hold a comma.
    public static func stringList(
        _ name: String, default value: [String] = [], required: Bool = false, _ summary: String
    ) -> SettingKey {
        let text = required ? nil : value.joined(separator: ", ")
        return SettingKey(name, .stringList, default: text, required: required, summary)
    }

    /// A list of texts of a form of their own, such as address ranges; an error points at the item.
    public static func list(
        _ name: String, of expected: String, default value: [String] = [], _ summary: String,
        accepts: @escaping @Sendable (String) -> Bool
    ) -> SettingKey {
        SettingKey(name, .formattedList(expected, accepts: accepts), default: value.joined(separator: ", "), summary)
    }

    /// A group of settings.
    public static func section(
        _ name: String, _ schema: SettingsSchema, required: Bool = false, _ summary: String
    ) -> SettingKey {
        SettingKey(name, .section(schema), required: required, summary)
    }

    /// A list of groups.
    public static func sections(
        _ name: String, _ schema: SettingsSchema, required: Bool = false, _ summary: String
    ) -> SettingKey {
        SettingKey(name, .sections(schema), required: required, summary)
    }
}
