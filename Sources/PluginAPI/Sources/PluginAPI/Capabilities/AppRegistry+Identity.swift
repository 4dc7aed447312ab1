/// How strictly an app asks for proofs of identity.
public enum IdentityMode: String, Sendable, CaseIterable {
    /// Not at all.
    case off
    /// Proofs that are sent are checked; missing ones pass. For the time of a roll-out.
    case optional
    /// Without proofs nobody is let in.
    case required
}

extension AppRegistry {
    /// What became of ``setIdentity(of:to:newSecret:)``.
    public struct IdentityChange: Sendable {
        /// The app's identity secret if one was made, which happens when it had none or a new one was asked for.
        public var newSecret: String?
    }

    /// Switches the proofs that an app asks for; nil for an unknown app.
    ///
    /// Running nodes follow within a second. They close what the app's clients have open when proofs become required, or
    /// when there is a new secret. `off` forgets the secret. Devices keep theirs.
    /// - Parameter newSecret: makes the tokens given out so far void.
    public func setIdentity(of app: AppID, to mode: IdentityMode, newSecret: Bool) async throws -> IdentityChange? {
        guard let credentials = try await store.credentials(of: app) else { return nil }
        let change: IdentityChange
        let policy: IdentityPolicy?
        if mode == .off {
            (change, policy) = (IdentityChange(), nil)
        } else if !newSecret, let kept = credentials.identity?.secret {
            (change, policy) = (IdentityChange(), IdentityPolicy(secret: kept, isRequired: mode == .required))
        } else {
            let secret = APIKey.generate()
            change = IdentityChange(newSecret: secret)
            policy = IdentityPolicy(secret: Secret(secret), isRequired: mode == .required)
        }
        return try await store.setIdentityPolicy(policy, of: app, at: clock.now) ? change : nil
    }
}
