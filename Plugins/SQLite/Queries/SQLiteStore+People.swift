import PluginAPI

extension SQLiteStore {
    public func userRows(of app: AppID, after cursor: PageCursor?, limit: Int) async throws -> [UserRow] {
        try await snapshot { connection in
            let people = try connection.all(
                Self.people, .id(app), .integer(cursor?.at.milliseconds ?? .max),
                .text(cursor?.id ?? Self.afterAllKeys), .limit(PageSize.clamp(limit)), as: Person.init)
            return try people.compactMap { try Self.row(of: $0, in: app, connection) }
        }
    }

    public func person(_ key: UserKey, app: AppID) async throws -> PersonSummary? {
        try await snapshot { connection in
            let (owner, app) = (key.condition, SQLValue.id(app))
            let summary = try connection.first(
                """
                SELECT min(c.created_at), max(c.updated_at), (
                    SELECT c.device_id FROM conversations c WHERE \(owner) \(SortedOrder.newestFirst) LIMIT 1)
                FROM conversations c WHERE \(owner)
                """, app, key.value, app, key.value
            ) { row in
                row.isNull(0)
                    ? nil
                    : (created: row.time(0), updated: row.time(1), device: DeviceID(rawValue: row.text(2)))
            }
            guard let summary = summary ?? nil else { return nil }
            return PersonSummary(
                device: summary.device, deviceIDs: try Self.devices(of: key, in: app, connection),
                metadata: try Self.metadata(of: key, in: app, connection), createdAt: summary.created,
                updatedAt: summary.updated)
        }
    }

    /// No key begins with this.
    private static let afterAllKeys = "\u{10FFFF}"

    // A user is one person over all devices; what nobody has identified is one person per device.
    private static let people = """
        SELECT user_id, device_id, conversations, seen, created FROM (
            SELECT coalesce('user:' || c.user_id, 'device:' || c.device_id) AS key,
                c.user_id, min(c.device_id) AS device_id, count(*) AS conversations,
                max(max(c.updated_at, coalesce(d.last_seen_at, c.updated_at))) AS seen, min(c.created_at) AS created
            FROM conversations c
            LEFT JOIN devices d ON d.app_id = c.app_id AND d.device_id = c.device_id
            WHERE c.app_id = ?
            GROUP BY c.user_id, CASE WHEN c.user_id IS NULL THEN c.device_id END
        )
        WHERE (seen, key) < (?, ?) ORDER BY seen DESC, key DESC LIMIT ?
        """

    private struct Person {
        var key: UserKey
        var conversations: Int
        var seen: Timestamp
        var created: Timestamp

        init(row: SQLRow) {
            key = row.isNull(0) ? .device(row.id(1)) : .user(row.id(0))
            conversations = Int(row.integer(2))
            seen = row.time(3)
            created = row.time(4)
        }
    }

    /// Small lookups by index: within the process they cost less than one statement that joins them all.
    private static func row(of person: Person, in app: AppID, _ connection: Connection) throws -> UserRow? {
        let condition = person.key.condition
        let app = SQLValue.id(app)
        let key = person.key.value
        let newest = "\(SortedOrder.newestFirst) LIMIT 1"
        let primary = try connection.first("SELECT c.id FROM conversations c WHERE \(condition) \(newest)", app, key) {
            ConversationID(rawValue: $0.text(0))
        }
        guard let primary else { return nil }
        let devices = try devices(of: person.key, in: app, connection)
        let lastMessage = try connection.first(
            """
            SELECT \(Message.joinedColumns), c.id, c.app_id FROM conversations c
            JOIN messages m ON m.conversation = c.key AND m.sequence = c.last_sequence
            WHERE \(condition) ORDER BY c.last_sequence DESC LIMIT 1
            """, app, key
        ) { try Message(row: $0, in: $0.id(Message.columnCount), of: $0.id(Message.columnCount + 1)) }
        let name = try connection.first(
            """
            SELECT json_extract(c.metadata, '$.user.name') FROM conversations c
            WHERE \(condition) AND json_type(c.metadata, '$.user.name') = 'text' \(newest)
            """, app, key
        ) { $0.text(0) }
        return UserRow(
            key: person.key, deviceIDs: devices, conversationCount: person.conversations, primaryConversation: primary,
            lastMessage: lastMessage, lastSeenAt: person.seen, createdAt: person.created, name: name)
    }

    /// The profile and the context of the device, each as of the latest conversation that has it. No more metadata than it
    /// takes is read: the conversations are put in order without it.
    private static func metadata(of key: UserKey, in app: SQLValue, _ connection: Connection) throws -> JSONObject {
        var missing = try ["user", "device_context"].map { name in
            let lookup = """
                SELECT c.metadata FROM conversations c WHERE c.key = ? AND CASE WHEN json_valid(c.metadata)
                    THEN coalesce(json_type(c.metadata, '$.\(name)'), 'null') <> 'null' END
                """
            return (name: name, lookup: try connection.prepare(lookup))
        }
        var metadata = JSONObject()
        try connection.execute(
            "SELECT c.key FROM conversations c WHERE \(key.condition) \(SortedOrder.newestFirst)", [app, key.value]
        ) { row in
            let conversation = SQLValue.integer(row.integer(0))
            try missing.removeAll { name, lookup in
                var value: JSONValue?
                try lookup.execute([conversation]) { row in
                    value = try row.object(0).present(name)
                    return false
                }
                if let value { metadata.set(name, value) }
                return value != nil
            }
            return !missing.isEmpty
        }
        return metadata
    }

    private static func devices(of key: UserKey, in app: SQLValue, _ connection: Connection) throws -> [DeviceID] {
        try connection.all(
            """
            SELECT DISTINCT +c.device_id AS device FROM conversations c WHERE \(key.condition)
            ORDER BY device LIMIT \(PageSize.most)
            """, app, key.value
        ) { DeviceID(rawValue: $0.text(0)) }
    }
}
