import PluginAPI

extension MemoryStore {
    func setIdentityPolicy(_ policy: IdentityPolicy?, of app: AppID, at now: Timestamp) async throws -> Bool {
        state.withLock { state in
            guard state.credentials[app] != nil else { return false }
            state.credentials[app]?.identity = policy
            return true
        }
    }

    func proof(of device: DeviceIdentity) async throws -> DeviceProof? {
        state.withLock { $0.proofs[device] }
    }

    func claim(_ device: DeviceIdentity, secretHash: String, at now: Timestamp) async throws -> String {
        state.withLock { state in
            let kept = state.proofs[device]?.secretHash ?? secretHash
            state.proofs[device, default: DeviceProof(userID: nil, secretHash: nil)].secretHash = kept
            return kept
        }
    }
}
