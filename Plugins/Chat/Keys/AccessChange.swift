import PluginAPI

/// What the store says of an app's access now, beside what it said when clients were let in.
enum AccessChange: Sendable, Equatable {
    case none
    /// What is remembered must be forgotten; connections that are open stay.
    case altered
    /// Connections that are open would not be let in again; those that the key alone opened would, if it holds.
    case revoked(keyHolds: Bool)

    /// - Parameter new: nil: there is no such app any more.
    static func from(_ old: AppCredentials, to new: AppCredentials?, at now: Timestamp) -> AccessChange {
        guard old != new else { return .none }
        guard let new, holds(old.keyHash, in: new, at: now) else { return .revoked(keyHolds: false) }
        return holds(old.identity, in: new.identity) ? .altered : .revoked(keyHolds: true)
    }

    private static func holds(_ keyHash: String, in new: AppCredentials, at now: Timestamp) -> Bool {
        if new.keyHash == keyHash { return true }
        guard new.previousKeyHash == keyHash, let end = new.previousKeyExpiresAt else { return false }
        return end > now
    }

    /// Clients that passed the old policy pass the new one.
    private static func holds(_ old: IdentityPolicy?, in new: IdentityPolicy?) -> Bool {
        guard let new else { return true }
        if new.isRequired, old?.isRequired != true { return false }
        return old.map { $0.secret == new.secret } ?? true
    }
}
