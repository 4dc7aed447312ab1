import PluginAPI

extension SQLiteStore {
    /// A push whose time is over is not sent, so those sent in the last hour are among those whose time was not over
    /// long before: a walk through a day's pushes to the device and not through all that are remembered.
    private static let sent = """
        SELECT settled_at FROM push_outbox
        WHERE app_id = ?1 AND device_id = ?2 AND expires_at > ?3 AND state = 'sent' AND settled_at >= ?4
        """
    /// By so much an answer may come later than the push's time is over.
    private static let longestAnswer: Duration = .seconds(3_600)
    private static let backlog = """
        SELECT (SELECT count(*) FROM (SELECT 1 FROM push_outbox WHERE state = 'waiting' LIMIT ?)),
            (SELECT min(created_at) FROM
                (SELECT created_at FROM push_outbox WHERE state = 'waiting' ORDER BY due_at LIMIT 1000)),
            (SELECT min(due_at) FROM (
                SELECT due_at FROM (
                    SELECT due_at FROM push_outbox WHERE state = 'waiting' AND NOT EXISTS
                        (SELECT 1 FROM push_leases l WHERE l.key = push_outbox.key)
                    ORDER BY due_at LIMIT 1)
                UNION ALL
                SELECT max(l.until, push_outbox.due_at) FROM push_leases l
                CROSS JOIN push_outbox ON push_outbox.key = l.key AND push_outbox.state = 'waiting'))
        """
    private static let record = """
        SELECT message_id, app_id, device_id, state, created_at, due_at, settled_at, attempts, hold, detail
        FROM push_outbox
        """

    public func sentPushes(
        to devices: [DeviceID], in app: AppID, since: Timestamp
    ) async throws -> [DeviceID: [Timestamp]] {
        guard !devices.isEmpty else { return [:] }
        // At one instant, as taking the file's lock for each device would take longer than looking for it.
        return try await snapshot { connection in
            let statement = try connection.prepare(Self.sent)
            let (app, earliest) = (SQLValue.id(app), SQLValue.time(since - Self.longestAnswer))
            var found: [DeviceID: [Timestamp]] = [:]
            for device in Set(devices) {
                var times: [Timestamp] = []
                try statement.execute([app, .id(device), earliest, .time(since)]) { row in
                    times.append(row.time(0))
                    return true
                }
                if !times.isEmpty { found[device] = times.sorted() }
            }
            return found
        }
    }

    public func pushBacklog(atMost limit: Int) async throws -> PushBacklog {
        try await read { connection in
            try connection.first(Self.backlog, .limit(limit)) { row in
                PushBacklog(
                    waiting: Int(row.integer(0)), oldest: row.optionalTime(1), nextDue: row.optionalTime(2))
            } ?? PushBacklog(waiting: 0)
        }
    }

    public func pushRecord(of message: MessageID, in app: AppID) async throws -> PushRecord? {
        try await read { connection in
            try connection.first(Self.record + " WHERE message_id = ? AND app_id = ?", .id(message), .id(app)) {
                try PushRecord(row: $0)
            }
        }
    }

    public func pushRecords(of device: DeviceIdentity, limit: Int) async throws -> [PushRecord] {
        try await read { connection in
            try connection.all(
                Self.record + " WHERE app_id = ? AND device_id = ? ORDER BY created_at DESC, message_id DESC LIMIT ?",
                .id(device.app), .id(device.device), .limit(PageSize.clamp(limit))
            ) { try PushRecord(row: $0) }
        }
    }

    public func pushSettings(of app: AppID) async throws -> JSONObject? {
        try await read { connection in
            try connection.first("SELECT settings FROM apps WHERE id = ?", .id(app)) { row in
                try row.object(0)["push"]?.objectValue ?? JSONObject()
            }
        }
    }
}

extension WaitingPush {
    init(row: SQLRow) throws {
        self.init(
            message: row.id(0),
            conversation: row.id(1),
            device: DeviceIdentity(app: row.id(2), device: row.id(3)),
            createdAt: row.time(4),
            expiresAt: row.time(5),
            attempts: Int(row.integer(6)),
            firstAttemptAt: row.optionalTime(7),
            hold: row.optionalText(8).flatMap { PushHold(rawValue: $0) },
            content: row.isNull(9)
                ? nil : Content(sender: try row.word(9), body: row.text(10), status: try row.word(11)),
            token: row.isNull(12)
                ? nil : PushToken(token: row.text(12), provider: try row.word(13), platform: try row.word(14)))
    }
}

extension PushRecord {
    init(row: SQLRow) throws {
        let state: PushState = try row.word(3)
        self.init(
            message: row.id(0),
            device: DeviceIdentity(app: row.id(1), device: row.id(2)),
            state: state,
            createdAt: row.time(4),
            dueAt: state == .waiting ? row.time(5) : nil,
            settledAt: row.optionalTime(6),
            attempts: Int(row.integer(7)),
            hold: row.optionalText(8).flatMap { PushHold(rawValue: $0) },
            detail: row.optionalText(9))
    }
}
