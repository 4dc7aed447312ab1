import PluginAPI

extension SQLiteStore {
    public func identify(_ user: UserProfile, on device: DeviceIdentity, at now: Timestamp) async throws {
        try await writer.write { try $0.identify(user, on: device, at: now) }
    }

    public func setPushToken(_ token: PushToken, of device: DeviceIdentity, at now: Timestamp) async throws {
        try await writer.write { transaction in
            let connection = transaction.connection
            try connection.run(
                """
                UPDATE devices SET push_token = NULL, push_token_provider = NULL,
                    push_token_updated_at = ?, updated_at = ?
                WHERE app_id = ? AND push_token = ? AND device_id <> ?
                """,
                .time(now), .time(now), .id(device.app), .text(token.token), .id(device.device))
            try transaction.touch(device, user: nil, platform: token.platform, at: now)
            try connection.run(
                """
                UPDATE devices SET push_token = ?, push_token_provider = ?, push_token_updated_at = ?
                WHERE app_id = ? AND device_id = ?
                """,
                .text(token.token), .word(token.provider), .time(now), .id(device.app), .id(device.device))
        }
    }

    public func clearPushToken(_ token: String, of device: DeviceIdentity, at now: Timestamp) async throws -> Bool {
        try await writer.write { transaction in
            try transaction.connection.run(
                """
                UPDATE devices SET push_token = NULL, push_token_provider = NULL,
                    push_token_updated_at = ?, updated_at = ?
                WHERE app_id = ? AND device_id = ? AND push_token = ?
                """,
                .time(now), .time(now), .id(device.app), .id(device.device), .text(token)) > 0
        }
    }

    public func pushToken(of device: DeviceIdentity) async throws -> PushToken? {
        try await read { connection in
            try connection.first(
                """
                SELECT push_token, push_token_provider, platform FROM devices
                WHERE app_id = ? AND device_id = ? AND push_token IS NOT NULL
                """,
                .id(device.app), .id(device.device)
            ) { PushToken(token: $0.text(0), provider: try $0.word(1), platform: try $0.word(2)) }
        }
    }
}

extension WriteTransaction {
    private static let touchDevice = """
        INSERT INTO devices (app_id, device_id, user_id, platform, created_at, updated_at, last_seen_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (app_id, device_id) DO UPDATE SET
            user_id = coalesce(excluded.user_id, user_id),
            platform = CASE WHEN excluded.platform = 'unknown' THEN platform ELSE excluded.platform END,
            updated_at = max(updated_at, excluded.updated_at),
            last_seen_at = max(last_seen_at, excluded.last_seen_at)
        """
    private static let ofUser = """
        SELECT \(Conversation.columns) FROM conversations c WHERE c.app_id = ? AND c.device_id = ? AND c.user_id = ?
        """

    /// Upserts the device's row. No user and an unknown platform say nothing and leave what is known.
    func touch(_ device: DeviceIdentity, user: UserID?, platform: Platform, at now: Timestamp) throws {
        try connection.run(
            Self.touchDevice, .id(device.app), .id(device.device), .id(user), .word(platform), .time(now), .time(now),
            .time(now))
    }

    fileprivate func identify(_ user: UserProfile, on device: DeviceIdentity, at now: Timestamp) throws {
        try touch(device, user: user.id, platform: .unknown, at: now)
        var found = try conversations(of: user.id, on: device)
        if found.isEmpty {
            try connection.run(
                "UPDATE conversations SET user_id = ? WHERE app_id = ? AND device_id = ? AND user_id IS NULL",
                .id(user.id), .id(device.app), .id(device.device))
            found = try conversations(of: user.id, on: device)
        }
        for conversation in found {
            var metadata = conversation.metadata
            metadata.merge(user)
            if metadata != conversation.metadata { try setMetadata(metadata, of: conversation) }
        }
    }

    private func conversations(of user: UserID, on device: DeviceIdentity) throws -> [Conversation] {
        try connection.all(Self.ofUser, .id(device.app), .id(device.device), .id(user)) { try Conversation(row: $0) }
    }
}
