import PluginAPI

extension PostgresStore {
    public func sentPushes(
        to devices: [DeviceID], in app: AppID, since: Timestamp
    ) async throws -> [DeviceID: [Timestamp]] {
        guard !devices.isEmpty else { return [:] }
        let step = Step(.sentPushes, .id(app), .ids(Set(devices)), .bound(since))
        return try await pool.read([step], of: app) { rows in
            let found: [(DeviceID, Timestamp)] = try rows.first?.map { ($0.id(0), try $0.time(1)) } ?? []
            return Dictionary(grouping: found) { $0.0 }.mapValues { $0.map(\.1).sorted() }
        }
    }

    public func pushBacklog(atMost limit: Int) async throws -> PushBacklog {
        try await pool.read([Step(.pushBacklog, .limit(limit))]) { rows in
            try rows.first?.first { row in
                PushBacklog(
                    waiting: Int(try row.integer(0)), oldest: try row.optionalTime(1),
                    nextDue: try row.optionalTime(2))
            } ?? PushBacklog(waiting: 0)
        }
    }

    public func pushRecord(of message: MessageID, in app: AppID) async throws -> PushRecord? {
        try await pool.read([Step(.pushOfMessage, .id(app), .id(message))], of: app) { rows in
            try rows.first?.first { try PushRecord(row: $0) }
        }
    }

    public func pushRecords(of device: DeviceIdentity, limit: Int) async throws -> [PushRecord] {
        let step = Step(.pushesOfDevice, .id(device.app), .id(device.device), .limit(PageSize.clamp(limit)))
        return try await pool.read([step], of: device.app) { rows in
            try rows.first?.map { try PushRecord(row: $0) } ?? []
        }
    }

    public func pushSettings(of app: AppID) async throws -> JSONObject? {
        try await pool.read([Step(.pushSettings, .id(app))]) { rows in
            try rows.first?.first { try $0.storedObject(0)["push"]?.objectValue ?? JSONObject() }
        }
    }
}

extension Statement {
    private static let record = """
        SELECT p.message_id, p.app_id, p.device_id, p.state, p.created_at, p.due_at, p.settled_at, p.attempts, p.hold,
            p.detail
        FROM push_outbox p
        """

    fileprivate static let sentPushes = Statement(
        "sent_pushes",
        """
        SELECT p.device_id, p.settled_at FROM push_outbox p
        WHERE p.app_id = $1::text AND p.device_id = ANY ($2::text[]) AND p.state = 'sent'
            AND p.settled_at >= $3::timestamp(3)
        """)
    fileprivate static let pushOfMessage = Statement(
        "push_of_message", "\(record) WHERE p.message_id = $2::text AND p.app_id = \(app("$1"))")
    fileprivate static let pushesOfDevice = Statement(
        "pushes_of_device",
        """
        \(record) WHERE p.app_id = $1::text AND p.device_id = $2::text
        ORDER BY p.created_at DESC, p.message_id DESC LIMIT $3::bigint
        """)
    fileprivate static let pushBacklog = Statement(
        "push_backlog", "SELECT waiting, oldest, next_due FROM push_outbox_backlog($1::bigint)")
    fileprivate static let pushSettings = Statement(
        "push_settings", "SELECT settings FROM apps WHERE id = $1::text")
    static let ofPushReports = [sentPushes, pushOfMessage, pushesOfDevice]
    static let aboutPushReports = [pushBacklog, pushSettings]
}

extension PushRecord {
    fileprivate init(row: SQLRow) throws {
        let state: PushState = try row.word(3)
        self.init(
            message: row.id(0),
            device: DeviceIdentity(app: row.id(1), device: row.id(2)),
            state: state,
            createdAt: try row.time(4),
            dueAt: state == .waiting ? try row.time(5) : nil,
            settledAt: try row.optionalTime(6),
            attempts: Int(try row.integer(7)),
            hold: row.optionalText(8).flatMap { PushHold(rawValue: $0) },
            detail: row.optionalText(9).map { StorableText.decode($0) })
    }
}
