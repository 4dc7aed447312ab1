/// What a device has to prove itself by.
public struct DeviceProof: Sendable, Hashable {
    /// The user it was identified with last.
    public var userID: UserID?
    /// The hash of its secret, as ``SaltedKeyHash`` prints it; nil: it has shown none yet.
    public var secretHash: String?

    /// Makes a proof.
    public init(userID: UserID?, secretHash: String?) {
        self.userID = userID
        self.secretHash = secretHash
    }
}

/// Proofs of identity at rest.
///
/// A store that keeps none may leave these out: no app can then ask for proofs.
public protocol IdentityStore: Sendable {
    /// Sets what an app asks for under `identity` in its settings, and leaves its other settings; nil: nothing any
    /// more. ``AppStore/credentials(of:)`` answers it. False: unknown app.
    func setIdentityPolicy(_ policy: IdentityPolicy?, of app: AppID, at now: Timestamp) async throws -> Bool

    /// What the device has to prove itself by; nil for an unknown device.
    func proof(of device: DeviceIdentity) async throws -> DeviceProof?

    /// Gives the device a secret's hash unless it has one, making its row if need be; of racing calls the first counts.
    /// Nothing else changes it.
    ///
    /// - Returns: the hash that counts.
    func claim(_ device: DeviceIdentity, secretHash: String, at now: Timestamp) async throws -> String
}

extension IdentityStore {
    /// Refuses.
    public func setIdentityPolicy(_ policy: IdentityPolicy?, of app: AppID, at now: Timestamp) async throws -> Bool {
        throw ChatError(.unavailable, "This store keeps no proofs of identity")
    }

    /// Refuses.
    public func proof(of device: DeviceIdentity) async throws -> DeviceProof? {
        throw ChatError(.unavailable, "This store keeps no proofs of identity")
    }

    /// Refuses.
    public func claim(_ device: DeviceIdentity, secretHash: String, at now: Timestamp) async throws -> String {
        throw ChatError(.unavailable, "This store keeps no proofs of identity")
    }
}
