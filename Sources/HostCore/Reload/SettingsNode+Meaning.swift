import PluginAPI

extension SettingsNode {
    /// Whether two nodes state the same, wherever and in whatever order they do.
    func says(_ other: SettingsNode) -> Bool {
        switch (content, other.content) {
        case (.scalar(let left), .scalar(let right)):
            return left.isNull ? right.isNull : !right.isNull && left.text == right.text
        case (.sequence(let left), .sequence(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.says($1) }
        case (.mapping(let left), .mapping(let right)):
            let left = left.filter { !$0.value.isNull }
            let right = right.filter { !$0.value.isNull }
            guard left.count == right.count else { return false }
            let values = Dictionary(right.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
            return left.allSatisfy { entry in values[entry.key].map { entry.value.says($0) } ?? false }
        default:
            return false
        }
    }
}

extension PluginConfiguration {
    /// Whether a running plugin of the other entry is already what this one asks for.
    func asksForTheSame(as other: PluginConfiguration) -> Bool {
        let nothing = SettingsNode(.mapping([]), origin: .default)
        return name.lowercased() == other.name.lowercased() && path == other.path
            && (settings ?? nothing).says(other.settings ?? nothing)
    }
}
