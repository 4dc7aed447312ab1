import PluginAPI

extension SQLiteStore {
    public func claimPushes(_ claim: PushClaim) async throws -> [WaitingPush] {
        // Most looks find nothing, and a write would wait for the disk.
        let isAnyDue = try await read {
            try $0.first(WriteTransaction.isPushDue, .time(claim.at)) { _ in true } ?? false
        }
        guard isAnyDue else { return [] }
        return try await writer.write(changesConversations: false) { try $0.claimPushes(claim) }
    }

    public func settlePushes(
        _ results: [PushResult], of app: AppID, lease: PushLease, at now: Timestamp
    ) async throws {
        guard !results.isEmpty else { return }
        try await writer.write(changesConversations: false) { transaction in
            for result in results { try transaction.settle(result, of: app, lease, at: now) }
        }
    }

    public func cancelPushes(
        of devices: [DeviceID], in app: AppID, because detail: String, at now: Timestamp
    ) async throws -> Int {
        guard !devices.isEmpty else { return 0 }
        return try await writer.write(changesConversations: false) { transaction in
            try devices.reduce(0) { sum, device in
                sum
                    + (try transaction.connection.run(
                        WriteTransaction.cancelPushes, .time(now), .text(detail), .id(app), .id(device), .time(now),
                        .time(now)))
            }
        }
    }

    public func expirePushes(because detail: String, at now: Timestamp, limit: Int) async throws -> Int {
        try await writer.write(changesConversations: false) { transaction in
            try transaction.connection.run(
                WriteTransaction.expirePushes, .time(now), .text(detail), .time(now), .time(now), .limit(limit))
        }
    }

    public func prunePushes(settledBefore: Timestamp, limit: Int) async throws -> Int {
        try await writer.write(changesConversations: false) { transaction in
            try transaction.connection.run(
                """
                DELETE FROM push_outbox WHERE message_id IN
                    (SELECT message_id FROM push_outbox WHERE settled_at < ? ORDER BY settled_at LIMIT ?)
                """,
                .time(settledBefore), .limit(limit))
        }
    }

    public func setPushSettings(_ settings: JSONObject?, of app: AppID, at now: Timestamp) async throws -> Bool {
        try await writer.write(changesConversations: false) { transaction in
            guard let settings else {
                return try transaction.connection.run(
                    "UPDATE apps SET settings = json_remove(settings, '$.push'), updated_at = ? WHERE id = ?",
                    .time(now), .id(app)) > 0
            }
            return try transaction.connection.run(
                "UPDATE apps SET settings = json_set(settings, '$.push', json(?)), updated_at = ? WHERE id = ?",
                .object(settings), .time(now), .id(app)) > 0
        }
    }
}

extension WriteTransaction {
    private static let keepPush = """
        INSERT INTO push_outbox (message_id, app_id, conversation_id, device_id, created_at, due_at, expires_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """
    fileprivate static let isPushDue = "SELECT 1 FROM push_outbox WHERE state = 'waiting' AND due_at <= ? LIMIT 1"
    private static let duePushes = waiting + " ORDER BY p.due_at LIMIT ?"
    // The plus keeps an app's index from being used, which would read all that was ever pushed.
    private static let duePushesOfApp = waiting + " AND +p.app_id = ? ORDER BY p.due_at LIMIT ?"
    private static let lease = """
        UPDATE push_outbox SET lease = ?, due_at = ? WHERE message_id IN (SELECT value FROM json_each(?))
        """
    private static let waiting = """
        SELECT p.message_id, p.conversation_id, p.app_id, p.device_id, p.created_at, p.expires_at, p.attempts,
            p.first_attempt_at, p.hold, m.sender, substr(m.body, 1, 2100), m.status,
            d.push_token, d.push_token_provider, d.platform
        FROM push_outbox p
        LEFT JOIN messages m ON m.id = p.message_id
        LEFT JOIN devices d ON d.app_id = p.app_id AND d.device_id = p.device_id
        WHERE p.state = 'waiting' AND p.due_at <= ?
        """
    private static let settlePush = """
        UPDATE push_outbox SET state = ?, settled_at = ?, detail = ?, lease = NULL, hold = NULL
        WHERE message_id = ? AND app_id = ? AND lease = ? AND state = 'waiting'
        """
    private static let repeatPush = """
        UPDATE push_outbox SET due_at = ?, hold = ?, attempts = attempts + ?,
            first_attempt_at = CASE WHEN ? = 1 THEN coalesce(first_attempt_at, ?) ELSE first_attempt_at END,
            detail = ?, lease = NULL
        WHERE message_id = ? AND app_id = ? AND lease = ? AND state = 'waiting'
        """
    /// A lease that ran out is nobody's; what was written later is none of this arrival's.
    fileprivate static let cancelPushes = """
        UPDATE push_outbox SET state = 'cancelled', settled_at = ?, detail = ?, lease = NULL, hold = NULL
        WHERE app_id = ? AND device_id = ? AND state = 'waiting' AND (lease IS NULL OR due_at <= ?)
            AND created_at <= ?
        """

    fileprivate static let expirePushes = """
        UPDATE push_outbox SET state = 'failed', settled_at = ?, detail = ?, lease = NULL, hold = NULL
        WHERE message_id IN (
            SELECT message_id FROM push_outbox WHERE state = 'waiting' AND due_at <= ? AND expires_at <= ?
            ORDER BY due_at LIMIT ?)
        """

    /// Part of the transaction that stores the message.
    func keepPush(_ intent: PushIntent, for message: Message, to device: DeviceID) throws {
        try connection.run(
            Self.keepPush, .id(message.id), .id(message.app), .id(message.conversation), .id(device),
            .time(message.createdAt), .time(intent.due), .time(intent.expires))
    }

    fileprivate func claimPushes(_ claim: PushClaim) throws -> [WaitingPush] {
        let limit = SQLValue.limit(PageSize.clamp(claim.limit))
        let due: [WaitingPush]
        if let app = claim.app {
            due = try connection.all(Self.duePushesOfApp, .time(claim.at), .id(app), limit) { try WaitingPush(row: $0) }
        } else {
            due = try connection.all(Self.duePushes, .time(claim.at), limit) { try WaitingPush(row: $0) }
        }
        if due.isEmpty { return [] }
        let ids = JSONValue.array(due.map { .string($0.message.rawValue) })
        try connection.run(Self.lease, .id(claim.lease), .time(claim.until), .text(ids.description))
        return due
    }

    fileprivate func settle(_ result: PushResult, of app: AppID, _ lease: PushLease, at now: Timestamp) throws {
        switch result.fate {
        case .settled(let state):
            try connection.run(
                Self.settlePush, .word(state), .time(now), .optional(result.detail), .id(result.message), .id(app),
                .id(lease))
        case .again(let due, let hold, let isAttempt):
            let count = SQLValue.integer(isAttempt ? 1 : 0)
            try connection.run(
                Self.repeatPush, .time(due), .optional(hold?.rawValue), count, count, .time(now),
                .optional(result.detail), .id(result.message), .id(app), .id(lease))
        }
    }
}
