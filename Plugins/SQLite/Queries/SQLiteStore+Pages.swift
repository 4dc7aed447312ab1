import PluginAPI

extension SQLiteStore {
    public func messages(
        of conversation: ConversationID,
        in scope: ConversationScope,
        createdAfter: Timestamp?,
        limit: Int
    ) async throws -> MessagePage? {
        try await page(
            of: conversation, in: scope, after: createdAfter?.milliseconds ?? .min, limit: limit, keepsInstants: true,
            """
            SELECT \(Message.columns) FROM messages WHERE conversation = ? AND created_at > ?
            ORDER BY created_at, sequence LIMIT ?
            """)
    }

    public func messages(
        of conversation: ConversationID,
        in scope: ConversationScope,
        afterSequence: Int64,
        limit: Int
    ) async throws -> MessagePage? {
        try await page(
            of: conversation, in: scope, after: afterSequence, limit: limit, keepsInstants: false,
            """
            SELECT \(Message.columns) FROM messages WHERE conversation = ? AND sequence > ?
            ORDER BY sequence LIMIT ?
            """)
    }

    private func page(
        of conversation: ConversationID,
        in scope: ConversationScope,
        after bound: Int64,
        limit: Int,
        keepsInstants: Bool,
        _ sql: String
    ) async throws -> MessagePage? {
        let limit = PageSize.clamp(limit)
        return try await read { connection in
            guard let place = try connection.place(conversation, in: scope) else { return nil }
            var messages = try connection.all(sql, .integer(place.key), .integer(bound), .limit(limit + 1)) {
                try Message(row: $0, in: place)
            }
            let hasMore = messages.count > limit
            if hasMore { messages.removeLast() }
            return MessagePage(messages: messages, hasMore: hasMore).endedByText(keepsInstants: keepsInstants)
        }
    }
}
