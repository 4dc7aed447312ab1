import PluginAPI
import Synchronization

/// Checks access tokens, and remembers those that were good until they expire.
final class AccessTokenVerifier: Sendable {
    private let secret: Secret
    private let capacity: Int
    private let verified = Mutex<[String: AdminPrincipal]>([:])

    /// - Parameter capacity: How many tokens are remembered at most.
    init(secret: Secret, capacity: Int = 4096) {
        self.secret = secret
        self.capacity = max(2, capacity)
    }

    /// Who the token belongs to. Throws ``AdminRefusal``.
    func principal(of token: String, at now: Timestamp) throws(AdminRefusal) -> AdminPrincipal {
        if let known = verified.withLock({ $0[token] }) {
            if let expiry = known.expiresAt, now < expiry { return known }
            verified.withLock { $0[token] = nil }
            throw .expired
        }
        guard let parsed = AccessToken(token) else { throw .invalid }
        let principal = try parsed.principal(secret: secret.reveal().utf8, at: now)
        verified.withLock { remember(token, principal, in: &$0, at: now) }
        return principal
    }

    /// How many tokens are remembered.
    var count: Int { verified.withLock(\.count) }

    private func remember(
        _ token: String, _ principal: AdminPrincipal, in verified: inout [String: AdminPrincipal], at now: Timestamp
    ) {
        if verified.count >= capacity {
            verified = verified.filter { $0.value.expiresAt.map { now < $0 } ?? false }
            // Half at once, so that the cost of looking at all is shared by many; the forgotten are checked again.
            if verified.count > capacity / 2 {
                for key in Array(verified.keys.prefix(verified.count - capacity / 2)) { verified[key] = nil }
            }
        }
        verified[token] = principal
    }
}
