import PluginAPI

/// What the dashboard calls a person (`http.md` 9.2).
enum DisplayName {
    /// How much of a device's id tells visitors apart.
    private static let visitorLength = 6

    /// As in the list of people.
    static func conversation(_ conversation: Conversation) -> String {
        let key = conversation.userID.map { UserKey.user($0) } ?? .device(conversation.device)
        return person(key, name: conversation.metadata["user"]?["name"]?.stringValue)
    }

    /// - Parameter name: From the profile, if the app gave one.
    static func person(_ key: UserKey, name: String?) -> String {
        if let name, !name.isBlank { return name }
        return switch key {
        case .user(let id): "User \(id)"
        case .device(let id): "Visitor \(id.rawValue.prefix(visitorLength))"
        }
    }
}
