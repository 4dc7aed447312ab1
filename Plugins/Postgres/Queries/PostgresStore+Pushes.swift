import PluginAPI

extension PostgresStore {
    public func claimPushes(_ claim: PushClaim) async throws -> [WaitingPush] {
        let apps = if let app = claim.app { [app] } else { try await appsWithDuePushes(at: claim.at) }
        var claimed: [WaitingPush] = []
        for app in apps where claimed.count < claim.limit {
            let limit = PageSize.clamp(claim.limit - claimed.count)
            claimed += try await claimPushes(claim, of: app, limit: limit)
        }
        return claimed
    }

    /// With row-level security a statement sees the rows of one app, so each app's are taken by one of their own.
    private func appsWithDuePushes(at now: Timestamp) async throws -> [AppID] {
        try await pool.read([Step(.pushApps, .time(now))]) { $0.first?.map { $0.id(0) } ?? [] }
    }

    private func claimPushes(_ claim: PushClaim, of app: AppID, limit: Int) async throws -> [WaitingPush] {
        let step = Step(
            .claimPushes, .id(app), .time(claim.at), .limit(limit), .id(claim.lease), .time(claim.until))
        return try await pool.write(in: LaneKey("pushes \(app)"), of: app, [step]) { rows in
            try rows.first?.map { try WaitingPush(row: $0) } ?? []
        }
    }

    public func settlePushes(
        _ results: [PushResult], of app: AppID, lease: PushLease, at now: Timestamp
    ) async throws {
        guard !results.isEmpty else { return }
        let rows = JSONObject([("results", JSONValue.array(results.map { .object($0.stored) }))])
        let step = Step(.settlePushes, .id(app), .id(lease), .time(now), .stored(rows))
        try await pool.write(in: LaneKey("pushes \(app)"), of: app, [step]) { _ in }
    }

    public func cancelPushes(
        of devices: [DeviceID], in app: AppID, because detail: String, at now: Timestamp
    ) async throws -> Int {
        guard !devices.isEmpty else { return 0 }
        let step = Step(.cancelPushes, .id(app), .ids(devices), .text(detail), .time(now))
        return try await pool.write(in: LaneKey("pushes \(app)"), of: app, [step]) { $0.first?.affected ?? 0 }
    }

    public func expirePushes(because detail: String, at now: Timestamp, limit: Int) async throws -> Int {
        var count = 0
        for app in try await appsWithDuePushes(at: now) where count < limit {
            let step = Step(.expirePushes, .id(app), .text(detail), .time(now), .limit(limit - count))
            count += try await pool.write(in: LaneKey("pushes \(app)"), of: app, [step]) { $0.first?.affected ?? 0 }
        }
        return count
    }

    public func prunePushes(settledBefore: Timestamp, limit: Int) async throws -> Int {
        let step = Step(.prunePushes, .bound(settledBefore), .limit(limit))
        return try await pool.write(in: LaneKey("pushes"), [step]) { rows in
            try rows.first?.first { Int(try $0.integer(0)) } ?? 0
        }
    }

    public func setPushSettings(_ settings: JSONObject?, of app: AppID, at now: Timestamp) async throws -> Bool {
        let step =
            if let settings {
                Step(.setPushSettings, .id(app), .time(now), .stored(["push": .object(settings)]))
            } else {
                Step(.removePushSettings, .id(app), .time(now))
            }
        return try await pool.write(in: LaneKey(app: app), [step]) { ($0.first?.affected ?? 0) > 0 }
    }
}

extension PushResult {
    /// The result with the names that the statement reads.
    fileprivate var stored: JSONObject {
        var row: JSONObject = ["message_id": .string(message.rawValue)]
        row["detail"] = detail.map { .string($0) }
        switch fate {
        case .settled(let state): row["state"] = .string(state.rawValue)
        case .again(let due, let hold, let isAttempt):
            row["due"] = .int(due.milliseconds)
            row["hold"] = hold.map { .string($0.rawValue) }
            row["attempts"] = isAttempt ? 1 : 0
        }
        return row
    }
}

extension Statement {
    fileprivate static let pushApps = Statement("push_apps", "SELECT push_outbox_apps($1::timestamp(3))")
    fileprivate static let prunePushes = Statement(
        "prune_pushes", "SELECT push_outbox_prune($1::timestamp(3), $2::bigint)")

    fileprivate static let claimPushes = Statement(
        "claim_pushes",
        """
        WITH due AS MATERIALIZED (
            SELECT p.message_id FROM push_outbox p
            WHERE p.app_id = $1::text AND p.state = 'waiting' AND p.due_at <= $2::timestamp(3)
            ORDER BY p.due_at LIMIT $3::bigint FOR UPDATE SKIP LOCKED
        ), taken AS (
            UPDATE push_outbox p SET lease = $4::text, due_at = $5::timestamp(3)
            FROM due WHERE p.message_id = due.message_id AND p.app_id = \(app("$1"))
            RETURNING p.*
        )
        SELECT p.message_id, p.conversation_id, p.app_id, p.device_id, p.created_at, p.expires_at, p.attempts,
            p.first_attempt_at, p.hold, m.sender, left(m.body, 2100), m.status,
            d.push_token, d.push_token_provider, d.platform
        FROM taken p
        LEFT JOIN messages m ON m.id = p.message_id AND m.app_id = \(app("$1"))
        LEFT JOIN devices d ON d.app_id = p.app_id AND d.device_id = p.device_id
        ORDER BY p.created_at, p.message_id
        """)
    fileprivate static let settlePushes = Statement(
        "settle_pushes",
        """
        UPDATE push_outbox p SET
            state = coalesce(r.state, 'waiting'),
            settled_at = CASE WHEN r.state IS NOT NULL THEN $3::timestamp(3) END,
            due_at = coalesce(timestamp 'epoch' + r.due * interval '1 millisecond', p.due_at),
            hold = r.hold, attempts = p.attempts + coalesce(r.attempts, 0),
            first_attempt_at = CASE WHEN r.attempts > 0 THEN coalesce(p.first_attempt_at, $3::timestamp(3))
                ELSE p.first_attempt_at END,
            detail = r.detail, lease = NULL
        FROM jsonb_to_recordset($4::jsonb -> 'results') AS r (message_id text, state text, due bigint, hold text,
            attempts integer, detail text)
        WHERE p.message_id = r.message_id AND p.app_id = \(app("$1")) AND p.lease = $2::text AND p.state = 'waiting'
        """)
    /// A lease that ran out is nobody's; what was written later is none of this arrival's.
    fileprivate static let cancelPushes = Statement(
        "cancel_pushes",
        """
        UPDATE push_outbox p SET state = 'cancelled', settled_at = $4::timestamp(3), detail = $3::text, lease = NULL,
            hold = NULL
        WHERE p.app_id = $1::text AND p.device_id = ANY ($2::text[]) AND p.state = 'waiting'
            AND (p.lease IS NULL OR p.due_at <= $4::timestamp(3))
            AND p.created_at <= $4::timestamp(3)
        """)
    /// Chosen once, before the update: as a subquery the choice may be made again for each row, and is then another one.
    fileprivate static let expirePushes = Statement(
        "expire_pushes",
        """
        WITH due AS MATERIALIZED (
            SELECT w.message_id FROM push_outbox w
            WHERE w.app_id = $1::text AND w.state = 'waiting' AND w.due_at <= $3::timestamp(3)
                AND w.expires_at <= $3::timestamp(3)
            ORDER BY w.due_at LIMIT $4::bigint FOR UPDATE SKIP LOCKED
        )
        UPDATE push_outbox p SET state = 'failed', settled_at = $3::timestamp(3), detail = $2::text, lease = NULL,
            hold = NULL
        FROM due WHERE p.message_id = due.message_id AND p.app_id = \(app("$1"))
        """)
    fileprivate static let setPushSettings = Statement(
        "set_push_settings",
        "UPDATE apps SET settings = settings || $3::jsonb, updated_at = $2::timestamp(3) WHERE id = $1::text")
    fileprivate static let removePushSettings = Statement(
        "remove_push_settings",
        "UPDATE apps SET settings = settings - 'push', updated_at = $2::timestamp(3) WHERE id = $1::text")
    static let ofPushes = [claimPushes, settlePushes, cancelPushes, expirePushes] + ofPushReports
    /// About all apps, or about apps themselves.
    static let aboutPushes = [pushApps, prunePushes, setPushSettings, removePushSettings] + aboutPushReports
}

extension WaitingPush {
    fileprivate init(row: SQLRow) throws {
        self.init(
            message: row.id(0),
            conversation: row.id(1),
            device: DeviceIdentity(app: row.id(2), device: row.id(3)),
            createdAt: try row.time(4),
            expiresAt: try row.time(5),
            attempts: Int(try row.integer(6)),
            firstAttemptAt: try row.optionalTime(7),
            hold: row.optionalText(8).flatMap { PushHold(rawValue: $0) },
            content: row.isNull(9)
                ? nil : Content(sender: try row.word(9), body: row.storedText(10), status: try row.word(11)),
            token: row.isNull(12)
                ? nil : PushToken(token: row.text(12), provider: try row.word(13), platform: try row.word(14)))
    }
}
