import PluginAPI

extension PostgresStore {
    public func messages(
        of conversation: ConversationID,
        in scope: ConversationScope,
        createdAfter: Timestamp?,
        limit: Int
    ) async throws -> MessagePage? {
        let bound = createdAfter ?? Timestamp(milliseconds: .min)
        let found = try await page(.messagesByTime, of: conversation, in: scope, after: .bound(bound), limit: limit)
        guard let found, let last = found.page.messages.last, found.next?.createdAt == last.createdAt else {
            return found?.page.endedByText(keepsInstants: true)
        }
        let (rest, isMore) = try await rest(of: last)
        return MessagePage(messages: found.page.messages + rest, hasMore: isMore).endedByText(keepsInstants: true)
    }

    /// What else the millisecond of a message has behind it, and whether there is anything later.
    private func rest(of last: Message) async throws -> (messages: [Message], isMore: Bool) {
        let values: [SQLValue] = [.id(last.conversation), .id(last.app), .time(last.createdAt)]
        let steps = [
            Step(.messagesOfInstant, values + [.integer(last.sequence), .limit(PageSize.most)]),
            Step(.messagesLaterThan, values),
        ]
        return try await list(steps, of: last.app) { rows in
            guard rows.count == 2 else { throw ChatError(.internalError, "The store lost a result") }
            let rest = try rows[0].map { try Message(row: $0) }
            return (rest, rest.count == PageSize.most || rows[1].count > 0)
        }
    }

    public func messages(
        of conversation: ConversationID,
        in scope: ConversationScope,
        afterSequence: Int64,
        limit: Int
    ) async throws -> MessagePage? {
        try await page(.messagesByNumber, of: conversation, in: scope, after: .integer(afterSequence), limit: limit)?
            .page.endedByText(keepsInstants: false)
    }

    /// A page, and the message behind it.
    private func page(
        _ statement: Statement,
        of conversation: ConversationID,
        in scope: ConversationScope,
        after bound: SQLValue,
        limit: Int
    ) async throws -> (page: MessagePage, next: Message?)? {
        let limit = PageSize.clamp(limit)
        let steps = [
            Step(.containsConversation, scope.values(conversation)),
            Step(statement, .id(conversation), .id(scope.app), bound, .limit(limit + 1)),
        ]
        return try await list(steps, of: scope.app) { rows in
            guard rows.count == 2, rows[0].count > 0 else { return nil }
            var messages = try rows[1].map { try Message(row: $0) }
            let next = messages.count > limit ? messages.removeLast() : nil
            return (MessagePage(messages: messages, hasMore: next != nil), next)
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
    fileprivate static let messagesOfInstant = Statement(
        "messages_of_instant",
        """
        SELECT \(Message.columns) FROM messages m
        WHERE m.conversation_id = $1::text AND m.app_id = $2::text AND m.created_at = $3::timestamp(3)
            AND m.sequence > $4::bigint
        ORDER BY m.sequence LIMIT $5::bigint
        """)
    fileprivate static let messagesLaterThan = Statement(
        "messages_later_than",
        """
        SELECT 1 FROM messages m
        WHERE m.conversation_id = $1::text AND m.app_id = $2::text AND m.created_at > $3::timestamp(3)
        ORDER BY m.created_at, m.sequence LIMIT 1
        """)
    static let ofPages = [messagesByTime, messagesByNumber, messagesOfInstant, messagesLaterThan]
}
