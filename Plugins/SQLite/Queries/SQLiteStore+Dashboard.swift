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
            let isRare = try connection.isRare(status, in: app)
            // The plus keeps the order of the index on time.
            return try connection.page(
                of: app, isRare ? " AND c.status = ?" : " AND +c.status = ?", [.word(status)], after: cursor, limit,
                isSorted: !isRare)
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
        var condition = key.condition
        var values = [.id(app), key.value]
        if let cursor {
            condition += " AND (+c.updated_at, c.id) < (?, ?)"
            values += [.time(cursor.at), .text(cursor.id)]
        }
        values.append(.limit(PageSize.clamp(limit)))
        let sql = "\(Connection.listedRow()) WHERE \(condition) \(PersonOrder.newestFirst) LIMIT ?"
        return try await snapshot { [values] in try $0.all(sql, values) { try ConversationRow(row: $0) } }
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
    fileprivate static func listedRow(by index: String = "") -> String {
        """
        SELECT c.id, c.visitor_id, c.app_id, c.device_id, c.user_id, c.status,
            CASE WHEN json_valid(c.metadata) THEN json_remove(c.metadata, '$.user.attributes') ELSE c.metadata END
                AS metadata,
            c.created_at, c.updated_at, \(Message.joinedColumns) FROM conversations c \(index)
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

    /// - Parameter isSorted: the condition leaves the order to the index on time; else what it leaves is sorted.
    fileprivate func page(
        of app: AppID, _ condition: String, _ values: [SQLValue], after cursor: PageCursor?, _ limit: Int,
        isSorted: Bool = true
    ) throws -> [ConversationRow] {
        var (condition, values) = ("c.app_id = ?\(condition)", [.id(app)] + values)
        let time = isSorted ? "c.updated_at" : "+c.updated_at"
        if let cursor {
            condition += " AND (\(time), c.id) < (?, ?)"
            values += [.time(cursor.at), .text(cursor.id)]
        }
        values.append(.limit(PageSize.clamp(limit)))
        let row = Self.listedRow(by: isSorted ? "" : "INDEXED BY conversations_status")
        let sql = "\(row) WHERE \(condition) ORDER BY \(time) DESC, c.id DESC LIMIT ?"
        return try all(sql, values) { try ConversationRow(row: $0) }
    }
}

/// The order of one person's or one device's conversations, which are few.
enum PersonOrder {
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
