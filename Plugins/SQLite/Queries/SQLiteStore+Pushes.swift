import PluginAPI

/// Who took what, and what became of it, is written without waiting for the disk. Where power is lost before something
/// durable is written, such as the next message, it is as if it had not been noted in time: the push is sent again, and
/// replaces the first on the phone.
extension SQLiteStore {
    /// So many results are noted in one transaction, for which everybody else who writes may have to wait.
    private static let settleLimit = 100

    /// Looked for beside the writer, with all that sending needs: only the taking waits for it, and holds it up.
    public func claimPushes(_ claim: PushClaim) async throws -> [WaitingPush] {
        let due = try await snapshot { try $0.duePushes(claim) }
        return due.isEmpty ? [] : try await take(due, for: claim)
    }

    /// Those of the rows that nobody took, and that did not change, since they were looked at.
    func take(_ due: [DuePush], for claim: PushClaim) async throws -> [WaitingPush] {
        try await writer.write(changesConversations: false, isDurable: false) { transaction in
            let take = try transaction.connection.prepare(WriteTransaction.take)
            return try due.compactMap { row in
                let count = try take.run(
                    .integer(row.key), .id(claim.lease), .time(claim.until), .time(row.due), .time(claim.at))
                return count > 0 ? row.push : nil
            }
        }
    }

    public func settlePushes(
        _ results: [PushResult], of app: AppID, lease: PushLease, at now: Timestamp
    ) async throws {
        var rest = results[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(Self.settleLimit))
            try await writer.write(changesConversations: false, isDurable: false) { transaction in
                try transaction.settle(part, of: app, lease, at: now)
            }
            rest = rest.dropFirst(part.count)
        }
    }

    public func cancelPushes(
        of devices: [DeviceID], in app: AppID, because detail: String, at now: Timestamp
    ) async throws -> Int {
        let ids = Set(devices)
        // Most who come have nothing that waits for them, and need no transaction.
        let found = try await snapshot { try $0.cancellablePushes(of: ids, in: app, at: now) }
        guard !found.isEmpty else { return 0 }
        return try await writer.write(changesConversations: false, isDurable: false) { transaction in
            let cancel = try transaction.connection.prepare(WriteTransaction.cancelPush)
            return try found.reduce(0) { $0 + (try cancel.run(.integer($1), .time(now), .text(detail))) }
        }
    }

    public func expirePushes(because detail: String, at now: Timestamp, limit: Int) async throws -> Int {
        try await writer.write(changesConversations: false) { transaction in
            try transaction.connection.run(
                WriteTransaction.expirePushes, .time(now), .text(detail), .limit(limit))
        }
    }

    public func prunePushes(settledBefore: Timestamp, limit: Int) async throws -> Int {
        try await writer.write(changesConversations: false) { transaction in
            try transaction.connection.run(WriteTransaction.forgetLeases)
            return try transaction.connection.run(WriteTransaction.prunePushes, .time(settledBefore), .limit(limit))
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
    /// Unless the row is another one since it was looked at, or somebody's.
    fileprivate static let take = """
        INSERT INTO push_leases (key, lease, until)
        SELECT key, ?2, ?3 FROM push_outbox WHERE key = ?1 AND state = 'waiting' AND due_at = ?4
        ON CONFLICT (key) DO UPDATE SET lease = excluded.lease, until = excluded.until WHERE push_leases.until <= ?5
        """
    private static let release = """
        DELETE FROM push_leases
        WHERE key = (SELECT key FROM push_outbox WHERE message_id = ? AND app_id = ?) AND lease = ?
        """
    private static let settlePush = """
        UPDATE push_outbox SET state = ?, settled_at = ?, detail = ?, hold = NULL
        WHERE message_id = ? AND state = 'waiting'
        """
    private static let repeatPush = """
        UPDATE push_outbox SET due_at = ?, hold = ?, attempts = attempts + ?,
            first_attempt_at = CASE WHEN ? = 1 THEN coalesce(first_attempt_at, ?) ELSE first_attempt_at END, detail = ?
        WHERE message_id = ? AND state = 'waiting'
        """
    fileprivate static let cancelPush = """
        UPDATE push_outbox SET state = 'cancelled', settled_at = ?2, detail = ?3, hold = NULL
        WHERE key = ?1 AND state = 'waiting' AND \(Connection.isNobodys(at: "?2"))
        """
    fileprivate static let expirePushes = """
        UPDATE push_outbox SET state = 'failed', settled_at = ?1, detail = ?2, hold = NULL
        WHERE key IN (
            SELECT key FROM push_outbox
            WHERE state = 'waiting' AND due_at <= ?1 AND expires_at <= ?1 AND \(Connection.isNobodys(at: "?1"))
            ORDER BY due_at LIMIT ?3)
        """
    fileprivate static let prunePushes = """
        DELETE FROM push_outbox WHERE key IN
            (SELECT key FROM push_outbox WHERE settled_at < ? ORDER BY settled_at LIMIT ?)
        """
    /// Of rows that were settled though nobody had given them back.
    fileprivate static let forgetLeases = """
        DELETE FROM push_leases AS l WHERE NOT EXISTS
            (SELECT 1 FROM push_outbox WHERE push_outbox.key = l.key AND state = 'waiting')
        """

    /// Part of the transaction that stores the message.
    func keepPush(_ intent: PushIntent, for message: Message, to device: DeviceID) throws {
        try connection.run(
            Self.keepPush, .id(message.id), .id(message.app), .id(message.conversation), .id(device),
            .time(message.createdAt), .time(intent.due), .time(intent.expires))
    }

    /// What is no longer the lease's stays as it is. A lease that ran out and that nobody took since is still its
    /// holder's.
    fileprivate func settle(_ results: [PushResult], of app: AppID, _ lease: PushLease, at now: Timestamp) throws {
        let release = try connection.prepare(Self.release)
        let settle = try connection.prepare(Self.settlePush)
        for result in results {
            let message = SQLValue.id(result.message)
            guard try release.run(message, .id(app), .id(lease)) > 0 else { continue }
            switch result.fate {
            case .settled(let state): try settle.run(.word(state), .time(now), .optional(result.detail), message)
            case .again(let due, let hold, let isAttempt):
                let count = SQLValue.integer(isAttempt ? 1 : 0)
                try connection.run(
                    Self.repeatPush, .time(due), .optional(hold?.rawValue), count, count, .time(now),
                    .optional(result.detail), message)
            }
        }
    }
}
