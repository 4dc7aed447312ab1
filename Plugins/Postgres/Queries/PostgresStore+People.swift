import PluginAPI

extension PostgresStore {
    public func userRows(of app: AppID, after cursor: PageCursor?, limit: Int) async throws -> [UserRow] {
        let limit = SQLValue.limit(PageSize.clamp(limit))
        let step =
            if let cursor {
                Step(.moreUserRows, .id(app), limit, .bound(cursor.at), .text(cursor.id))
            } else {
                Step(.userRows, .id(app), limit)
            }
        return try await list([step], of: app) { try $0.first?.map { try UserRow(row: $0) } ?? [] }
    }

    public func person(_ key: UserKey, app: AppID) async throws -> PersonSummary? {
        let step =
            switch key {
            case .user(let user): Step(.personOfUser, .id(app), .id(user))
            case .device(let device): Step(.personOfDevice, .id(app), .id(device))
            }
        return try await list([step], of: app) { rows in
            try rows.first?.first { row in
                row.isNull(0)
                    ? nil
                    : PersonSummary(
                        device: row.id(0), deviceIDs: try row.deviceIDs(4), metadata: try row.storedObject(1),
                        createdAt: try row.time(2), updatedAt: try row.time(3))
            } ?? nil
        }
    }
}

extension Statement {
    static let userRows = Statement("user_rows", people(""))
    static let moreUserRows = Statement(
        "more_user_rows", people(#"WHERE (seen, key COLLATE "C") < ($3::timestamp(3), $4::text)"#))

    static let isOfUser = "c.app_id = $1::text AND c.user_id = $2::text"
    static let isOfDevice = "c.app_id = $1::text AND c.device_id = $2::text AND c.user_id IS NULL"
    static let personOfUser = Statement("person_of_user", person(isOfUser))
    static let personOfDevice = Statement("person_of_device", person(isOfDevice))

    /// The conversations are ordered without their metadata, which is then read from the latest to the one that has what is
    /// looked for.
    private static func person(_ condition: String) -> String {
        let latest = "ORDER BY updated_at DESC, id DESC"
        func known(_ name: String) -> String {
            """
            '\(name)', (
                SELECT c.value FROM (SELECT id, updated_at FROM own \(latest) OFFSET 0) o
                CROSS JOIN LATERAL (
                    SELECT c.metadata -> '\(name)' AS value FROM conversations c WHERE c.id = o.id OFFSET 0) c
                WHERE coalesce(jsonb_typeof(c.value), 'null') <> 'null'
                ORDER BY o.updated_at DESC, o.id DESC LIMIT 1)
            """
        }
        return """
            WITH own AS MATERIALIZED (
                SELECT c.id, c.device_id, c.created_at, c.updated_at FROM conversations c WHERE \(condition))
            SELECT (SELECT device_id FROM own \(latest) LIMIT 1),
                jsonb_build_object(\(known("user")), \(known("device_context"))), min(created_at), max(updated_at),
                to_jsonb((array_agg(DISTINCT device_id))[1:\(PageSize.most)])
            FROM own
            """
    }

    /// A page of people, and for each one of them what lies in its conversations.
    ///
    /// A user is one person over all devices; what nobody has identified is one person per device. Who comes first is
    /// known only when all of the app's conversations have been looked at; the rest is looked up for the page alone.
    private static func people(_ condition: String) -> String {
        """
        WITH everybody AS (
            SELECT c.user_id, min(c.device_id) AS device_id, count(*) AS conversations,
                max(greatest(c.updated_at, d.last_seen_at)) AS seen, min(c.created_at) AS created,
                coalesce('user:' || c.user_id, 'device:' || min(c.device_id)) AS key
            FROM conversations c LEFT JOIN devices d ON d.app_id = c.app_id AND d.device_id = c.device_id
            WHERE c.app_id = $1::text
            GROUP BY c.user_id, CASE WHEN c.user_id IS NULL THEN c.device_id END
        ), page AS (
            SELECT * FROM everybody \(condition) ORDER BY seen DESC, key COLLATE "C" DESC LIMIT $2::bigint
        )
        SELECT p.user_id, p.device_id, p.conversations, p.seen, p.created, own.devices, own.latest, own.name,
            \(Message.columns)
        FROM page p
        CROSS JOIN LATERAL (
            SELECT to_jsonb((array_agg(DISTINCT c.device_id))[1:\(PageSize.most)]) AS devices,
                (array_agg(c.id ORDER BY c.updated_at DESC, c.id DESC))[1] AS latest,
                (array_agg(c.metadata -> 'user' ->> 'name' ORDER BY c.updated_at DESC, c.id DESC)
                    FILTER (WHERE jsonb_typeof(c.metadata -> 'user' -> 'name') = 'string'))[1] AS name,
                (array_agg(c.id ORDER BY c.last_sequence DESC)
                    FILTER (WHERE c.last_sequence > 0))[1] AS spoken,
                max(c.last_sequence) AS last_sequence
            FROM (
                SELECT * FROM conversations u
                WHERE p.user_id IS NOT NULL AND u.app_id = $1::text AND u.user_id = p.user_id
                UNION ALL
                SELECT * FROM conversations u
                WHERE p.user_id IS NULL AND u.app_id = $1::text AND u.device_id = p.device_id AND u.user_id IS NULL
            ) c
        ) own
        LEFT JOIN messages m ON m.conversation_id = own.spoken AND m.sequence = own.last_sequence
            AND m.app_id = $1::text
        ORDER BY p.seen DESC, p.key COLLATE "C" DESC
        """
    }
}
