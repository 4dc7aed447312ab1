import PluginAPI

/// Every permission there is (`beyond.md`, RBAC); those without a route here belong to other plugins' routes.
extension Permission {
    static let deleteMessages: Permission = "delete:messages"
    static let manageUsers: Permission = "manage:users"
    static let deleteUsers: Permission = "delete:users"
    static let viewSettings: Permission = "view:settings"
    static let manageSettings: Permission = "manage:settings"
    static let viewBilling: Permission = "view:billing"
    static let manageBilling: Permission = "manage:billing"
    static let viewAnalytics: Permission = "view:analytics"
    static let viewBroadcasts: Permission = "view:broadcasts"
    static let viewWorkflows: Permission = "view:workflows"

    static let all: Set<Permission> = [
        viewConversations, manageConversations, sendMessages, deleteMessages, viewUsers, manageUsers, deleteUsers,
        viewSettings, manageSettings, viewBilling, manageBilling, viewAnalytics,
        viewBroadcasts, "create:broadcasts", "edit:broadcasts", "delete:broadcasts", "send:broadcasts",
        viewWorkflows, "create:workflows", "edit:workflows", "delete:workflows", "manage:workflows",
        "view:webhooks", "manage:webhooks",
    ]
}
