/// What a dashboard user may do, named `verb:area` (`beyond.md`, RBAC).
public struct Permission: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The word as it stands in tokens and answers.
    public var rawValue: String

    /// Names a permission.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// Names a permission.
    public init(stringLiteral value: String) { rawValue = value }

    /// The word itself.
    public var description: String { rawValue }

    /// To list conversations, read them, and hear them live.
    public static let viewConversations: Permission = "view:conversations"
    /// To open conversations, and to change their state.
    public static let manageConversations: Permission = "manage:conversations"
    /// To answer as an agent.
    public static let sendMessages: Permission = "send:messages"
    /// To list users and devices, and who is connected.
    public static let viewUsers: Permission = "view:users"
}

/// An authenticated agent.
public struct AdminPrincipal: Sendable, Hashable {
    /// The app that the agent works for; nothing of another one is shown.
    public var app: AppID
    /// Nil for a login with the app's client key.
    public var userID: String?
    /// The agent's address, if the token names one.
    public var email: String?
    /// `OWNER`, `ADMIN`, `AGENT`.
    public var role: String
    /// What the agent may do.
    public var permissions: Set<Permission>
    /// When the login ends; nil: with the connection.
    public var expiresAt: Timestamp?

    /// Makes an agent; without `expiresAt` the token does not end.
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

    /// Whether the login is the app's client key, which an access token is not.
    public var isKeyHolder: Bool { userID == nil }

    /// Whether the agent holds a permission.
    public func may(_ permission: Permission) -> Bool { permissions.contains(permission) }
}

/// Why an agent was refused.
public enum AdminRefusal: Error, Sendable, Hashable {
    /// Not a token of this server, or of another app.
    case invalid
    /// It was valid once.
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
