import PluginAPI

/// What an agent is, and so what an agent may do.
enum Role: String, CaseIterable {
    case owner = "OWNER"
    case admin = "ADMIN"
    case agent = "AGENT"

    var permissions: Set<Permission> {
        switch self {
        case .owner: Permission.all
        case .admin: Permission.all.subtracting([.manageBilling, .deleteUsers])
        case .agent:
            [.viewConversations, .sendMessages, .viewUsers, .viewAnalytics, .viewBroadcasts, .viewWorkflows]
        }
    }

    /// What the role of that name may do; a name that is not known may do nothing.
    static func permissions(of name: String) -> Set<Permission> {
        Role(rawValue: name)?.permissions ?? []
    }

    /// What the app's client key could do in the first generations: all of the dashboard.
    static let clientKeyPermissions: Set<Permission> = [
        .viewConversations, .manageConversations, .sendMessages, .viewUsers,
    ]
}
