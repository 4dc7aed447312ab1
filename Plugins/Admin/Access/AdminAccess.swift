import PluginAPI

/// Who may act as an agent, for this plugin's routes and for the sockets of others.
struct AdminAccess: AdminIdentity {
    /// Nil: no secret is set, and no token is believed.
    let tokens: AccessTokenVerifier?
    let chat: any Chat
    let acceptsClientKeys: Bool
    let clock: any WallClock

    func principal(bearer token: String) async throws -> AdminPrincipal {
        guard let tokens else { throw AdminRefusal.invalid }
        return try tokens.principal(of: token, at: clock.now)
    }

    func principal(app: AppID, token: String) async throws -> AdminPrincipal {
        if AccessToken.isMeant(by: token) {
            let principal = try await principal(bearer: token)
            guard principal.app == app else { throw AdminRefusal.invalid }
            return principal
        }
        return try await principal(app: app, clientKey: token)
    }

    /// Checks a login with the app's client key, which is refused unless it was switched on. Throws ``AdminRefusal``,
    /// or ``ChatError`` when the key cannot be checked now.
    func principal(app: AppID, clientKey key: String) async throws -> AdminPrincipal {
        guard acceptsClientKeys, !app.rawValue.isEmpty, !key.isEmpty, try await chat.accepts(key: key, of: app) else {
            throw AdminRefusal.invalid
        }
        return AdminPrincipal(
            app: app, userID: nil, email: nil, role: Role.agent.rawValue, permissions: Role.clientKeyPermissions,
            expiresAt: nil)
    }
}
