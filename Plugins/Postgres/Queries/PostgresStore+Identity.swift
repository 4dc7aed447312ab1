import PluginAPI

extension PostgresStore {
    public func setIdentityPolicy(_ policy: IdentityPolicy?, of app: AppID, at now: Timestamp) async throws -> Bool {
        let step =
            if let policy {
                Step(.setPolicy, .id(app), .time(now), .stored(["identity": policy.settings]))
            } else {
                Step(.removePolicy, .id(app), .time(now))
            }
        return try await pool.write(in: LaneKey(app: app), [step]) { ($0.first?.affected ?? 0) > 0 }
    }

    public func proof(of device: DeviceIdentity) async throws -> DeviceProof? {
        try await pool.read([Step(.proof, .id(device.app), .id(device.device))], of: device.app) { rows in
            rows.first?.first { DeviceProof(userID: $0.optionalID(0), secretHash: $0.optionalText(1)) }
        }
    }

    public func claim(_ device: DeviceIdentity, secretHash: String, at now: Timestamp) async throws -> String {
        let steps = [
            Step.touch(device, user: nil, platform: .unknown, at: now),
            Step(.claimDevice, .id(device.app), .id(device.device), .text(secretHash)),
            Step(.proof, .id(device.app), .id(device.device)),
        ]
        let kept = try await pool.write(in: LaneKey(device: device), of: device.app, steps) { rows in
            rows.last?.first { $0.optionalText(1) } ?? nil
        }
        guard let kept else { throw ChatError(.appNotFound, "App not found") }
        return kept
    }
}

extension Statement {
    fileprivate static let setPolicy = Statement(
        "set_policy",
        "UPDATE apps SET settings = settings || $3::jsonb, updated_at = $2::timestamp(3) WHERE id = $1::text")
    fileprivate static let removePolicy = Statement(
        "remove_policy",
        "UPDATE apps SET settings = settings - 'identity', updated_at = $2::timestamp(3) WHERE id = $1::text")
    fileprivate static let proof = Statement(
        "proof", "SELECT user_id, secret_hash FROM devices WHERE app_id = $1::text AND device_id = $2::text")
    /// The first claim counts.
    fileprivate static let claimDevice = Statement(
        "claim_device",
        """
        UPDATE devices SET secret_hash = $3::text
        WHERE app_id = $1::text AND device_id = $2::text AND secret_hash IS NULL
        """)
    static let ofIdentity = [proof, claimDevice]
    static let ofPolicies = [setPolicy, removePolicy]
}
