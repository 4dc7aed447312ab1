/// What a dashboard user may do, named `verb:area` (`beyond.md`, RBAC).
public struct Permission: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    public var rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { rawValue = value }

    public var description: String { rawValue }

    public static let viewConversations: Permission = "view:conversations"
    public static let manageConversations: Permission = "manage:conversations"
    public static let sendMessages: Permission = "send:messages"
    public static let viewUsers: Permission = "view:users"
}

/// An authenticated agent.
public struct AdminPrincipal: Sendable, Hashable {
    public var app: AppID
    /// Nil for a login with the app's client key.
    public var userID: String?
    public var email: String?
    /// `OWNER`, `ADMIN`, `AGENT`.
    public var role: String
    public var permissions: Set<Permission>
    /// When the login ends; nil: with the connection.
    public var expiresAt: Timestamp?

    public init(
        app: AppID,
        userID: String?,
        email: String?,
        role: String,
        permissions: Set<Permission>,
        expiresAt: Timestamp?
    ) {
        self.app = app
        self.userID = userID
        self.email = email
        self.role = role
        self.permissions = permissions
        self.expiresAt = expiresAt
    }

    /// Whether the agent holds a permission.
    public func may(_ permission: Permission) -> Bool { permissions.contains(permission) }
}

/// Why an agent was refused.
public enum AdminRefusal: Error, Sendable, Hashable {
    case invalid
    case expired
}

/// Who may act as an agent.
public protocol AdminIdentity: Sendable {
    /// Checks an access token of the dashboard: signature, issuer, audience, expiry. Throws ``AdminRefusal``.
    func principal(bearer token: String) async throws -> AdminPrincipal

    /// Checks what an agent's socket presents: an access token for this app or, where that switch is on, the app's
    /// client key. Throws ``AdminRefusal``.
    func principal(app: AppID, token: String) async throws -> AdminPrincipal
}
