import PluginAPI

extension ChatService {
    func accepts(key: String, of app: AppID) async throws -> Bool {
        try await keys.accepts(key: key, of: app)
    }

    func admit(_ claim: ClientClaim) async throws -> Bool {
        let app = claim.device.app
        guard claim.device.isWellFormed else { return false }
        guard try await keys.accepts(key: claim.key, of: app) else { return false }
        guard let policy = try await keys.identityPolicy(of: app) else { return true }
        switch DeviceVerdict.of(claim, policy, try await store.proof(of: claim.device)) {
        case .pass: return true
        case .refuse(.invalidUserToken): throw ChatError.invalidUserToken()
        case .refuse: throw ChatError.invalidDeviceSecret()
        case .claim: return try await take(claim)
        }
    }

    func checkUser(_ user: UserID, token: String?, in app: AppID) async throws {
        guard let policy = try await keys.identityPolicy(of: app) else { return }
        if token == nil, !policy.isRequired { return }
        guard policy.accepts(token: token, for: user) else { throw ChatError.invalidUserToken() }
    }

    /// Of devices that show different secrets at the same time the first one counts.
    private func take(_ claim: ClientClaim) async throws -> Bool {
        guard let secret = claim.deviceSecret else { throw ChatError.invalidDeviceSecret() }
        let own = SaltedKeyHash.make(key: secret).description
        let kept = try await store.claim(claim.device, secretHash: own, at: clock.now)
        guard kept == own || DeviceVerdict.matches(secret, kept) else { throw ChatError.invalidDeviceSecret() }
        return true
    }

    func forgetKeys(of app: AppID) {
        keys.forget(app)
    }

    /// Makes what was changed in the store count at once on this node.
    func checkAccess() async throws {
        try await access.lookAtAll()
    }
}
