import PluginAPI

/// A row of the outbox that may be taken, as it was when it was looked at.
struct DuePush: Sendable {
    var key: Int64
    var due: Timestamp
    var push: WaitingPush
}

extension Connection {
    /// That no lease on a row of the outbox holds. One that ran out is nobody's.
    static func isNobodys(at now: String) -> String {
        """
        NOT EXISTS (SELECT 1 FROM push_leases l WHERE l.key = push_outbox.key AND l.until > \(now))
        """
    }

    /// No row waits longer than so beyond its time: whatever puts it off ends within a day.
    private static let longestWait: Duration = .seconds(86_400)

    private static let due = dueRows + " ORDER BY due_at LIMIT ?2"
    // The plus keeps an app's index from being used, which would read all that was ever pushed.
    private static let dueOfApp = dueRows + " AND +push_outbox.app_id = ?3 ORDER BY due_at LIMIT ?2"
    private static let dueRows = """
        SELECT push_outbox.message_id, push_outbox.conversation_id, push_outbox.app_id, push_outbox.device_id,
            push_outbox.created_at, push_outbox.expires_at, push_outbox.attempts, push_outbox.first_attempt_at,
            push_outbox.hold, m.sender, substr(m.body, 1, 2100), m.status, d.push_token, d.push_token_provider, d.platform,
            push_outbox.key, push_outbox.due_at
        FROM push_outbox
        LEFT JOIN messages m ON m.id = push_outbox.message_id
        LEFT JOIN devices d ON d.app_id = push_outbox.app_id AND d.device_id = push_outbox.device_id
        WHERE push_outbox.state = 'waiting' AND push_outbox.due_at <= ?1 AND \(isNobodys(at: "?1"))
        """
    /// What was written later is none of this arrival's.
    private static let cancellable = """
        SELECT key FROM push_outbox
        WHERE app_id = ?1 AND device_id = ?2 AND expires_at > ?3 AND state = 'waiting' AND created_at <= ?4
            AND \(isNobodys(at: "?4"))
        """

    func duePushes(_ claim: PushClaim) throws -> [DuePush] {
        let values: [SQLValue] = [.time(claim.at), .limit(PageSize.clamp(claim.limit))]
        var found: [DuePush] = []
        let (sql, app) = claim.app.map { (Self.dueOfApp, [SQLValue.id($0)]) } ?? (Self.due, [])
        try execute(sql, values + app) { row in
            found.append(DuePush(key: row.integer(15), due: row.time(16), push: try WaitingPush(row: row)))
            return true
        }
        return found
    }

    /// The keys of the waiting rows of devices that nobody holds.
    func cancellablePushes(of devices: Set<DeviceID>, in app: AppID, at now: Timestamp) throws -> [Int64] {
        let statement = try prepare(Self.cancellable)
        let earliest = now - Self.longestWait
        var keys: [Int64] = []
        for device in devices {
            try statement.execute([.id(app), .id(device), .time(earliest), .time(now)]) { row in
                keys.append(row.integer(0))
                return true
            }
        }
        return keys
    }
}
