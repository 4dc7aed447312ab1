import PluginAPI

extension PostgresStore {
    public func messages(
        of conversation: ConversationID,
        in scope: ConversationScope,
        createdAfter: Timestamp?,
        limit: Int
    ) async throws -> MessagePage? {
        let bound = createdAfter ?? Timestamp(milliseconds: .min)
        let page = try await page(.messagesByTime, of: conversation, in: scope, after: .bound(bound), limit: limit)
        return page?.endedByText(keepsInstants: true)
    }

    public func messages(
        of conversation: ConversationID,
        in scope: ConversationScope,
        afterSequence: Int64,
        limit: Int
    ) async throws -> MessagePage? {
        let page = try await page(
            .messagesByNumber, of: conversation, in: scope, after: .integer(afterSequence), limit: limit)
        return page?.endedByText(keepsInstants: false)
    }

    private func page(
        _ statement: Statement,
        of conversation: ConversationID,
        in scope: ConversationScope,
        after bound: SQLValue,
        limit: Int
    ) async throws -> MessagePage? {
        let limit = PageSize.clamp(limit)
        let steps = [
            Step(.containsConversation, scope.values(conversation)),
            Step(statement, .id(conversation), .id(scope.app), bound, .limit(limit + 1)),
        ]
        return try await list(steps, of: scope.app) { rows in
            guard rows.count == 2, rows[0].count > 0 else { return nil }
            let found = rows[1]
            let messages = try (0..<min(found.count, limit)).map { try Message(row: found[$0]) }
            return MessagePage(messages: messages, hasMore: found.count > limit)
        }
    }
}

extension Statement {
    fileprivate static let messagesByTime = Statement(
        "messages_by_time",
        """
        SELECT \(Message.columns) FROM messages m
        WHERE m.conversation_id = $1::text AND m.app_id = $2::text AND m.created_at > $3::timestamp(3)
        ORDER BY m.created_at, m.sequence LIMIT $4::bigint
        """)
    fileprivate static let messagesByNumber = Statement(
        "messages_by_number",
        """
        SELECT \(Message.columns) FROM messages m
        WHERE m.conversation_id = $1::text AND m.app_id = $2::text AND m.sequence > $3::bigint
        ORDER BY m.sequence LIMIT $4::bigint
        """)
    static let ofPages = [messagesByTime, messagesByNumber]
}
