import PluginAPI

extension SQLiteStore {
    public func setIdentityPolicy(_ policy: IdentityPolicy?, of app: AppID, at now: Timestamp) async throws -> Bool {
        try await writer.write { transaction in
            guard let policy else {
                return try transaction.connection.run(
                    "UPDATE apps SET settings = json_remove(settings, '$.identity'), updated_at = ? WHERE id = ?",
                    .time(now), .id(app)) > 0
            }
            return try transaction.connection.run(
                "UPDATE apps SET settings = json_set(settings, '$.identity', json(?)), updated_at = ? WHERE id = ?",
                .text(policy.settings.description), .time(now), .id(app)) > 0
        }
    }

    public func proof(of device: DeviceIdentity) async throws -> DeviceProof? {
        try await read { connection in
            try connection.first(
                "SELECT user_id, secret_hash FROM devices WHERE app_id = ? AND device_id = ?",
                .id(device.app), .id(device.device)
            ) { DeviceProof(userID: $0.optionalID(0), secretHash: $0.optionalText(1)) }
        }
    }

    public func claim(_ device: DeviceIdentity, secretHash: String, at now: Timestamp) async throws -> String {
        try await writer.write { transaction in
            try transaction.touch(device, user: nil, platform: .unknown, at: now)
            try transaction.connection.run(
                "UPDATE devices SET secret_hash = ? WHERE app_id = ? AND device_id = ? AND secret_hash IS NULL",
                .text(secretHash), .id(device.app), .id(device.device))
            let kept = try transaction.connection.first(
                "SELECT secret_hash FROM devices WHERE app_id = ? AND device_id = ?",
                .id(device.app), .id(device.device)
            ) { $0.text(0) }
            guard let kept else { throw ChatError(.internalError, "The device's row is gone") }
            return kept
        }
    }
}
