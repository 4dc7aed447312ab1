import PluginAPI

extension SQLiteStore {
    public func conversationRows(
        of app: AppID,
        status: ConversationStatus?,
        after cursor: PageCursor?,
        limit: Int
    ) async throws -> [ConversationRow] {
        try await snapshot { connection in
            guard let status else { return try connection.page(of: app, "", [], after: cursor, limit) }
            guard try connection.isRare(status, in: app) else {
                // The plus keeps the order of the index on time.
                return try connection.page(of: app, " AND +c.status = ?", [.word(status)], after: cursor, limit)
            }
            return try connection.sortedPage(
                of: "conversations c INDEXED BY conversations_status", "c.app_id = ? AND c.status = ?",
                [.id(app), .word(status)], after: cursor, limit)
        }
    }

    public func conversationCounts(of app: AppID) async throws -> ConversationCounts {
        try await snapshot { connection in
            var counts = ConversationCounts(open: 0, resolved: 0)
            let rows = try connection.all(
                "SELECT status, count(*) FROM conversations WHERE app_id = ? GROUP BY status", .id(app)
            ) { (status: try $0.word(0, as: ConversationStatus.self), count: Int($0.integer(1))) }
            for row in rows {
                switch row.status {
                case .open: counts.open = row.count
                case .resolved: counts.resolved = row.count
                }
            }
            return counts
        }
    }

    public func message(_ id: MessageID, in app: AppID) async throws -> Message? {
        try await read { connection in
            try connection.first(
                """
                SELECT \(Message.joinedColumns), c.id, c.app_id FROM messages m
                JOIN conversations c ON c.key = m.conversation
                WHERE m.id = ? AND +c.app_id = ?
                """, .id(id), .id(app)
            ) { try Message(row: $0, in: $0.id(Message.columnCount), of: $0.id(Message.columnCount + 1)) }
        }
    }

    public func conversations(
        of key: UserKey, app: AppID, after cursor: PageCursor?, limit: Int
    ) async throws -> [ConversationRow] {
        try await snapshot { connection in
            try connection.sortedPage(
                of: "conversations c", key.condition, [.id(app), key.value], after: cursor, limit)
        }
    }

    public func devices(of key: UserKey, app: AppID) async throws -> [Device] {
        try await snapshot { connection in
            switch key {
            case .user(let user):
                try connection.all(
                    """
                    SELECT \(Device.columns) FROM devices JOIN (
                        SELECT device_id AS known FROM devices WHERE app_id = ?1 AND user_id = ?2 UNION
                        SELECT device_id FROM conversations WHERE app_id = ?1 AND user_id = ?2
                    ) ON app_id = ?1 AND device_id = known
                    ORDER BY created_at, device_id LIMIT \(PageSize.most)
                    """,
                    .id(app), .id(user)
                ) { try Device(row: $0) }
            case .device(let device):
                try connection.all(
                    "SELECT \(Device.columns) FROM devices WHERE app_id = ? AND device_id = ?", .id(app), .id(device)
                ) { try Device(row: $0) }
            }
        }
    }
}

extension Connection {
    /// So many conversations of a status are few: they are sorted by time. Of more there are enough to be found among those
    /// that changed last, in the order of the index on time.
    private static let mostRare = 1_000

    /// A conversation with its newest message, without what lists do not show of a user's profile, which is most of it.
    private static func listedRow(of conversations: String) -> String {
        """
        SELECT c.id, c.visitor_id, c.app_id, c.device_id, c.user_id, c.status,
            CASE WHEN json_valid(c.metadata) THEN json_remove(c.metadata, '$.user.attributes') ELSE c.metadata END
                AS metadata,
            c.created_at, c.updated_at, \(Message.joinedColumns) FROM \(conversations)
        LEFT JOIN messages m ON m.conversation = c.key AND m.sequence = c.last_sequence
        """
    }

    fileprivate func isRare(_ status: ConversationStatus, in app: AppID) throws -> Bool {
        let counted = try first(
            """
            SELECT count(*) FROM (
                SELECT 1 FROM conversations c INDEXED BY conversations_status WHERE c.app_id = ? AND c.status = ?
                LIMIT \(Self.mostRare + 1))
            """, .id(app), .word(status)
        ) { $0.integer(0) }
        return counted.map { $0 <= Self.mostRare } ?? true
    }

    /// A page in the order of the index on time.
    fileprivate func page(
        of app: AppID, _ condition: String, _ values: [SQLValue], after cursor: PageCursor?, _ limit: Int
    ) throws -> [ConversationRow] {
        var (condition, values) = ("c.app_id = ?\(condition)", [.id(app)] + values)
        if let cursor {
            condition += " AND (c.updated_at, c.id) < (?, ?)"
            values += [.time(cursor.at), .text(cursor.id)]
        }
        values.append(.limit(PageSize.clamp(limit)))
        let row = Self.listedRow(of: "conversations c")
        let sql = "\(row) WHERE \(condition) ORDER BY c.updated_at DESC, c.id DESC LIMIT ?"
        return try all(sql, values) { try ConversationRow(row: $0) }
    }

    /// A page of conversations that are few: all of them are sorted by what orders them alone, and those of the page read.
    fileprivate func sortedPage(
        of conversations: String, _ condition: String, _ values: [SQLValue], after cursor: PageCursor?, _ limit: Int
    ) throws -> [ConversationRow] {
        var (condition, values) = (condition, values)
        if let cursor {
            condition += " AND (+c.updated_at, c.id) < (?, ?)"
            values += [.time(cursor.at), .text(cursor.id)]
        }
        values.append(.limit(PageSize.clamp(limit)))
        let row = Self.listedRow(
            of: """
                (SELECT c.key, c.updated_at, c.id FROM \(conversations) WHERE \(condition)
                    \(SortedOrder.newestFirst) LIMIT ?) listed
                CROSS JOIN conversations c ON c.key = listed.key
                """)
        return try all("\(row) ORDER BY listed.updated_at DESC, listed.id DESC", values) {
            try ConversationRow(row: $0)
        }
    }
}

/// The order of conversations that are few of an app's, such as one person's.
enum SortedOrder {
    /// The plus keeps the planner from walking through all of an app's conversations in this order to find them.
    static let newestFirst = "ORDER BY +c.updated_at DESC, c.id DESC"
}

extension UserKey {
    /// Selects the person's conversations `c`, with the app and ``value`` to bind.
    var condition: String {
        switch self {
        case .user: "c.app_id = ? AND c.user_id = ?"
        case .device: "c.app_id = ? AND c.device_id = ? AND c.user_id IS NULL"
        }
    }

    var value: SQLValue {
        switch self {
        case .user(let id): .id(id)
        case .device(let id): .id(id)
        }
    }
}
