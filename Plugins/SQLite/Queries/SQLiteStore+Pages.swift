import PluginAPI

extension SQLiteStore {
    public func messages(
        of conversation: ConversationID,
        in scope: ConversationScope,
        createdAfter: Timestamp?,
        limit: Int
    ) async throws -> MessagePage? {
        let limit = PageSize.clamp(limit)
        return try await read { connection in
            guard let place = try connection.place(conversation, in: scope) else { return nil }
            let bound = createdAfter?.milliseconds ?? .min
            var (page, next) = try connection.page(Self.byTime, place, after: bound, limit: limit)
            guard let last = page.messages.last, next?.createdAt == last.createdAt else {
                return page.endedByText(keepsInstants: true)
            }
            let rest = try connection.all(
                Self.ofInstant, .integer(place.key), .time(last.createdAt), .integer(last.sequence),
                .limit(PageSize.most)
            ) { try Message(row: $0, in: place) }
            page.messages += rest
            page.hasMore =
                try rest.count == PageSize.most
                || connection.first(Self.laterThan, .integer(place.key), .time(last.createdAt)) { _ in true } == true
            return page.endedByText(keepsInstants: true)
        }
    }

    private static let byTime = """
        SELECT \(Message.columns) FROM messages WHERE conversation = ? AND created_at > ?
        ORDER BY created_at, sequence LIMIT ?
        """
    private static let ofInstant = """
        SELECT \(Message.columns) FROM messages WHERE conversation = ? AND created_at = ? AND sequence > ?
        ORDER BY sequence LIMIT ?
        """
    private static let laterThan = "SELECT 1 FROM messages WHERE conversation = ? AND created_at > ? LIMIT 1"

    public func messages(
        of conversation: ConversationID,
        in scope: ConversationScope,
        afterSequence: Int64,
        limit: Int
    ) async throws -> MessagePage? {
        let limit = PageSize.clamp(limit)
        return try await read { connection in
            guard let place = try connection.place(conversation, in: scope) else { return nil }
            return try connection.page(Self.byNumber, place, after: afterSequence, limit: limit)
                .page.endedByText(keepsInstants: false)
        }
    }

    private static let byNumber = """
        SELECT \(Message.columns) FROM messages WHERE conversation = ? AND sequence > ? ORDER BY sequence LIMIT ?
        """
}

extension Connection {
    /// A page, and the message behind it.
    fileprivate func page(
        _ sql: String, _ place: MessagePlace, after bound: Int64, limit: Int
    ) throws -> (page: MessagePage, next: Message?) {
        var messages = try all(sql, .integer(place.key), .integer(bound), .limit(limit + 1)) {
            try Message(row: $0, in: place)
        }
        let next = messages.count > limit ? messages.removeLast() : nil
        return (MessagePage(messages: messages, hasMore: next != nil), next)
    }
}
