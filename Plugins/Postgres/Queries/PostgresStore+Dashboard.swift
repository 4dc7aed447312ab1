import PluginAPI

extension PostgresStore {
    public func conversationRows(
        of app: AppID,
        status: ConversationStatus?,
        after cursor: PageCursor?,
        limit: Int
    ) async throws -> [ConversationRow] {
        let values: [SQLValue] = [.id(app), .limit(PageSize.clamp(limit))]
        let place: [SQLValue] = cursor.map { [.bound($0.at), .text($0.id)] } ?? []
        let isRare = if let status { try await isRare(status, in: app) } else { false }
        let statement: Statement =
            switch (status, cursor) {
            case (nil, nil): .conversations
            case (nil, _): .moreConversations
            case (_, nil): isRare ? .conversationsOfRareStatus : .conversationsOfStatus
            case (_, _): isRare ? .moreConversationsOfRareStatus : .moreConversationsOfStatus
            }
        return try await rows(Step(statement, values + place + (status.map { [.word($0)] } ?? [])), of: app)
    }

    private func isRare(_ status: ConversationStatus, in app: AppID) async throws -> Bool {
        try await list([Step(.someOfStatus, .id(app), .word(status))], of: app) { rows in
            try (rows.first?.first { try $0.integer(0) } ?? 0) <= Statement.mostRare
        }
    }

    public func conversationCounts(of app: AppID) async throws -> ConversationCounts {
        try await list([Step(.countConversations, .id(app))], of: app) { rows in
            var counts = ConversationCounts(open: 0, resolved: 0)
            let found = try rows.first?.map { row in
                (status: try row.word(0, as: ConversationStatus.self), count: Int(try row.integer(1)))
            }
            for one in found ?? [] {
                switch one.status {
                case .open: counts.open = one.count
                case .resolved: counts.resolved = one.count
                }
            }
            return counts
        }
    }

    public func message(_ id: MessageID, in app: AppID) async throws -> Message? {
        try await list([Step(.messageOfApp, .id(app), .id(id))], of: app) { rows in
            try rows.first?.first { try Message(row: $0) }
        }
    }

    public func conversations(
        of key: UserKey, app: AppID, after cursor: PageCursor?, limit: Int
    ) async throws -> [ConversationRow] {
        let page: [SQLValue] = [
            .limit(PageSize.clamp(limit)), .bound(cursor?.at ?? Timestamp(milliseconds: .max)), .text(cursor?.id ?? ""),
        ]
        let step =
            switch key {
            case .user(let user): Step(.conversationsOfUser, [.id(app), .id(user)] + page)
            case .device(let device): Step(.conversationsOfDevice, [.id(app), .id(device)] + page)
            }
        return try await rows(step, of: app)
    }

    public func devices(of key: UserKey, app: AppID) async throws -> [Device] {
        let step =
            switch key {
            case .user(let user): Step(.devicesOfUser, .id(app), .id(user))
            case .device(let device): Step(.device, .id(app), .id(device))
            }
        return try await list([step], of: app) { try $0.first?.map { try Device(row: $0) } ?? [] }
    }

    private func rows(_ step: Step, of app: AppID) async throws -> [ConversationRow] {
        try await list([step], of: app) { try $0.first?.map { try ConversationRow(row: $0) } ?? [] }
    }
}

extension Statement {
    private static let latestFirst = "ORDER BY c.updated_at DESC, c.id DESC"

    /// A conversation with its newest message, without what lists do not show of a user's profile: most of it.
    private static let listedRow = row.replacing(
        "c.metadata",
        with: """
            CASE jsonb_typeof(c.metadata -> 'user') WHEN 'object' THEN c.metadata #- '{user,attributes}'
                ELSE c.metadata END AS metadata
            """)
    private static let isBehindCursor = "(c.updated_at, c.id) < ($3::timestamp(3), $4::text)"

    /// - Parameter status: the parameter of it, under a collation that no index has: most conversations of a status are
    ///   many, so that the page is to be read in its order.
    private static func listed(_ condition: String, status: String? = nil) -> String {
        let filter = status.map { " AND c.status = \(app($0))" } ?? ""
        return "\(listedRow) WHERE c.app_id = $1::text\(condition)\(filter) \(latestFirst) LIMIT $2::bigint"
    }

    fileprivate static let conversations = Statement("conversations", listed(""))
    fileprivate static let moreConversations = Statement(
        "more_conversations", listed(" AND \(isBehindCursor)"))
    fileprivate static let conversationsOfStatus = Statement("conversations_of_status", listed("", status: "$3"))
    fileprivate static let moreConversationsOfStatus = Statement(
        "more_conversations_of_status", listed(" AND \(isBehindCursor)", status: "$5"))
    /// A page whose conversations are found first, by what orders them alone, and then read by their keys.
    ///
    /// - Parameters:
    ///   - found: a subquery `c` with the id and the time of all conversations that the page can be of.
    ///   - condition: which of them are behind the cursor.
    private static func page(of found: String, where condition: String, limit: String) -> String {
        let page = """
            (SELECT c.id, c.updated_at FROM \(found) c WHERE \(condition) \(latestFirst) LIMIT \(limit)::bigint) page
            CROSS JOIN LATERAL (SELECT * FROM conversations c WHERE c.id = page.id OFFSET 0) c
            """
        let row = listedRow.replacing("FROM conversations c", with: "FROM \(page)")
        return "\(row) ORDER BY page.updated_at DESC, page.id DESC"
    }

    /// So many conversations of a status are few: they are sorted by time. Of more there are enough to be found among those
    /// that changed last, in the order of the index on time.
    fileprivate static let mostRare: Int64 = 1_000

    /// Conversations of a status as the index on it has them, which is asked for by its order: with no statistics, or with
    /// those of other apps, the planner would rather read the table.
    private static func some(of status: String, most: Int64) -> String {
        """
        (SELECT c.id, c.updated_at FROM conversations c
            WHERE c.app_id = $1::text AND c.status BETWEEN \(status)::text AND \(status)::text
            ORDER BY c.status LIMIT \(most))
        """
    }

    /// More than were few when they were counted, as there may be more by now.
    private static func rare(status: String, _ condition: String = "true") -> String {
        page(of: some(of: status, most: 2 * mostRare), where: condition, limit: "$2")
    }

    fileprivate static let someOfStatus = Statement(
        "some_of_status", "SELECT count(*) FROM \(some(of: "$2", most: mostRare + 1)) c")
    fileprivate static let conversationsOfRareStatus = Statement(
        "conversations_of_rare_status", rare(status: "$3"))
    fileprivate static let moreConversationsOfRareStatus = Statement(
        "more_conversations_of_rare_status", rare(status: "$5", isBehindCursor))
    fileprivate static let messageOfApp = Statement(
        "message_of_app",
        "SELECT \(Message.columns) FROM messages m WHERE m.id = $2::text AND m.app_id = \(app("$1"))")
    fileprivate static let countConversations = Statement(
        "count_conversations", "SELECT status, count(*) FROM conversations WHERE app_id = $1::text GROUP BY status")
    /// A page of one person's conversations: in the order of the app's they would be far apart.
    private static func ofPerson(_ condition: String) -> String {
        page(
            of: "(SELECT c.id, c.updated_at FROM conversations c WHERE \(condition) OFFSET 0)",
            where: "(c.updated_at, c.id) < ($4::timestamp(3), $5::text)", limit: "$3")
    }

    fileprivate static let conversationsOfUser = Statement("conversations_of_user", ofPerson(isOfUser))
    fileprivate static let conversationsOfDevice = Statement("conversations_of_device", ofPerson(isOfDevice))
    fileprivate static let device = Statement(
        "device", "SELECT \(Device.columns) FROM devices d WHERE d.app_id = $1::text AND d.device_id = $2::text")
    /// The user's own, and those on which the user has a conversation.
    fileprivate static let devicesOfUser = Statement(
        "devices_of_user",
        """
        SELECT \(Device.columns) FROM (
            SELECT device_id FROM devices WHERE app_id = $1::text AND user_id = $2::text
            UNION
            SELECT device_id FROM conversations WHERE app_id = $1::text AND user_id = $2::text
        ) known
        JOIN devices d ON d.app_id = $1::text AND d.device_id = known.device_id
        ORDER BY d.created_at, d.device_id LIMIT \(PageSize.most)
        """)
    static let ofDashboard = [
        conversations, moreConversations, conversationsOfStatus, moreConversationsOfStatus, someOfStatus,
        conversationsOfRareStatus, moreConversationsOfRareStatus,
        messageOfApp, countConversations, conversationsOfUser, conversationsOfDevice,
        device, devicesOfUser, userRows, moreUserRows, personOfUser, personOfDevice,
    ]
}
