import PluginAPI

extension PostgresStore {
    public func identify(_ user: UserProfile, on device: DeviceIdentity, at now: Timestamp) async throws {
        let identity: [SQLValue] = [.id(device.app), .id(device.device), .id(user.id)]
        let steps = [
            Step.touch(device, user: user.id, platform: .unknown, at: now),
            Step(.adoptConversation, identity),
            Step(.mergeUser, identity + [.stored(user.stored)]),
        ]
        try await writeDevice(device, in: LaneKey(device: device), steps, touch: 0)
    }

    public func setPushToken(_ token: PushToken, of device: DeviceIdentity, at now: Timestamp) async throws {
        let lane = LaneKey("push \(device.app) \(token.token)")
        let values: [SQLValue] = [.id(device.app), .id(device.device), .text(token.token), .time(now)]
        let steps = [
            Step(.lockPushToken, .id(device.app), .text(token.token)),
            Step(.takePushToken, values),
            Step.touch(device, user: nil, platform: token.platform, at: now),
            Step(.setPushToken, values + [.word(token.provider)]),
        ]
        try await writeDevice(device, in: lane, steps, touch: 2)
    }

    public func clearPushToken(_ token: String, of device: DeviceIdentity, at now: Timestamp) async throws -> Bool {
        let step = Step(.clearPushToken, .id(device.app), .id(device.device), .text(token), .time(now))
        return try await pool.write(in: LaneKey(device: device), of: device.app, [step]) {
            ($0.first?.affected ?? 0) > 0
        }
    }

    public func pushToken(of device: DeviceIdentity) async throws -> PushToken? {
        try await pool.read([Step(.pushToken, .id(device.app), .id(device.device))], of: device.app) { rows in
            try rows.first?.first { PushToken(token: $0.text(0), provider: try $0.word(1), platform: try $0.word(2)) }
        }
    }

    /// Runs steps of which one touches the device; that one changes nothing when there is no such app.
    private func writeDevice(
        _ device: DeviceIdentity,
        in lane: LaneKey,
        _ steps: [Step],
        touch: Int
    ) async throws {
        let isKnown = try await pool.write(in: lane, of: device.app, steps) {
            $0.count > touch && $0[touch].affected > 0
        }
        guard isKnown else { throw ChatError(.appNotFound, "App not found") }
    }
}

extension Step {
    /// Upserts the device's row. No user and an unknown platform say nothing and leave what is known.
    static func touch(_ device: DeviceIdentity, user: UserID?, platform: Platform, at now: Timestamp) -> Step {
        Step(.touchDevice, .id(device.app), .id(device.device), .id(user), .word(platform), .time(now))
    }
}

extension Statement {
    fileprivate static let touchDevice = Statement(
        "touch_device",
        """
        INSERT INTO devices AS d (app_id, device_id, user_id, platform, created_at, updated_at, last_seen_at)
        SELECT a.id, $2::text, $3::text, $4::text, $5::timestamp(3), $5::timestamp(3), $5::timestamp(3)
        FROM apps a WHERE a.id = $1::text
        ON CONFLICT (app_id, device_id) DO UPDATE SET
            user_id = coalesce(excluded.user_id, d.user_id),
            platform = CASE WHEN excluded.platform = 'unknown' THEN d.platform ELSE excluded.platform END,
            updated_at = greatest(d.updated_at, excluded.updated_at),
            last_seen_at = greatest(d.last_seen_at, excluded.last_seen_at)
        """)
    /// Only if the user has no conversation there.
    fileprivate static let adoptConversation = Statement(
        "adopt_conversation",
        """
        UPDATE conversations c SET user_id = $3::text
        WHERE c.app_id = $1::text AND c.device_id = $2::text AND coalesce(c.user_id, '') = ''
            AND c.user_id IS NULL AND c.superseded_by IS NULL
            AND NOT EXISTS (SELECT 1 FROM conversations c WHERE \(identity))
        """)
    fileprivate static let mergeUser = Statement(
        "merge_user",
        """
        UPDATE conversations c SET metadata = \(merged("user", "$4::jsonb"))
        WHERE \(identity) AND jsonb_typeof(c.metadata) = 'object'
            AND c.metadata IS DISTINCT FROM \(merged("user", "$4::jsonb"))
        """)

    /// Two nodes that register one token for two devices go one after the other.
    fileprivate static let lockPushToken = Statement(
        "lock_push_token",
        "SELECT 1 FROM pg_advisory_xact_lock(hashtextextended('app_id ' || $1::text || ' ' || $2::text, 0))")
    fileprivate static let takePushToken = Statement(
        "take_push_token",
        """
        UPDATE devices SET push_token = NULL, push_token_provider = NULL, push_token_updated_at = $4::timestamp(3),
            updated_at = $4::timestamp(3)
        WHERE app_id = $1::text AND push_token = $3::text AND device_id <> $2::text
        """)
    fileprivate static let setPushToken = Statement(
        "set_push_token",
        """
        UPDATE devices SET push_token = $3::text, push_token_provider = $5::text,
            push_token_updated_at = $4::timestamp(3)
        WHERE app_id = $1::text AND device_id = $2::text
        """)
    fileprivate static let clearPushToken = Statement(
        "clear_push_token",
        """
        UPDATE devices SET push_token = NULL, push_token_provider = NULL, push_token_updated_at = $4::timestamp(3),
            updated_at = $4::timestamp(3)
        WHERE app_id = $1::text AND device_id = $2::text AND push_token = $3::text
        """)
    fileprivate static let pushToken = Statement(
        "push_token",
        """
        SELECT push_token, push_token_provider, platform FROM devices
        WHERE app_id = $1::text AND device_id = $2::text AND push_token IS NOT NULL
        """)
    static let ofDevices = [
        touchDevice, adoptConversation, mergeUser, lockPushToken, takePushToken, setPushToken, clearPushToken,
        pushToken,
    ]
}
