import PluginAPI

extension SQLiteStore {
    public func setStatus(
        _ status: MessageStatus,
        of message: MessageID,
        in conversation: ConversationID,
        scope: ConversationScope,
        at now: Timestamp
    ) async throws -> (message: Message?, changed: Bool)? {
        try await writer.write(changesConversations: false) { transaction -> (message: Message?, changed: Bool)? in
            let connection = transaction.connection
            guard let place = try connection.place(conversation, in: scope) else { return nil }
            let found = try connection.first(
                "SELECT \(Message.columns) FROM messages WHERE id = ? AND +conversation = ?",
                .id(message), .integer(place.key)
            ) { try Message(row: $0, in: place) }
            guard var found else { return (nil, false) }
            guard found.status.mayBecome(status), scope.mayMove(found.sender) else { return (found, false) }
            found.move(to: status, at: now)
            try connection.run(
                """
                UPDATE messages SET status = ?, delivered_at = ?, read_at = ? WHERE conversation = ? AND sequence = ?
                """,
                .word(found.status), .time(found.deliveredAt), .time(found.readAt), .integer(place.key),
                .integer(found.sequence))
            return (found, true)
        }
    }

    public func markDelivered(
        _ messages: [MessageID],
        in conversation: ConversationID,
        scope: ConversationScope,
        at now: Timestamp
    ) async throws -> [Message]? {
        let ids = JSONValue.array(messages.map { .string($0.rawValue) }).description
        return try await writer.write(changesConversations: false) { transaction -> [Message]? in
            guard let place = try transaction.connection.place(conversation, in: scope) else { return nil }
            let sql = scope.isClient ? Self.deliverToClient : Self.deliver
            let changed = try transaction.connection.all(sql, .time(now), .text(ids), .integer(place.key)) {
                try Message(row: $0, in: place)
            }
            var remaining = Dictionary(changed.map { ($0.id, $0) }) { first, _ in first }
            return messages.compactMap { remaining.removeValue(forKey: $0) }
        }
    }

    public func markRead(
        upTo bound: MessageID?,
        in conversation: ConversationID,
        scope: ConversationScope,
        at now: Timestamp
    ) async throws -> [Message]? {
        try await writer.write(changesConversations: false) { transaction -> [Message]? in
            let connection = transaction.connection
            guard let place = try connection.place(conversation, in: scope) else { return nil }
            let last = try bound.flatMap { bound in
                try connection.first(
                    "SELECT sequence FROM messages WHERE id = ? AND +conversation = ?", .id(bound), .integer(place.key)
                ) { $0.integer(0) }
            }
            let changed = try connection.all(
                Self.read, .time(now), .time(now), .integer(place.key), .integer(last ?? .max)
            ) { try Message(row: $0, in: place) }
            // RETURNING promises no order.
            return changed.sorted { $0.sequence < $1.sequence }
        }
    }

    // The plus keeps the planner from walking the conversation instead of looking up the ids.
    private static let delivery = """
        UPDATE messages SET status = 'DELIVERED', delivered_at = max(?, created_at)
        WHERE id IN (SELECT value FROM json_each(?)) AND +conversation = ?
            AND status IN (\(MessageStatus.delivered.sourcesInSQL))
        """
    private static let deliver = delivery + " RETURNING \(Message.columns)"
    private static let deliverToClient = delivery + " AND sender <> 'user' RETURNING \(Message.columns)"

    private static let read = """
        UPDATE messages INDEXED BY messages_unread
        SET status = 'READ', delivered_at = coalesce(delivered_at, max(?, created_at)),
            read_at = max(?, coalesce(delivered_at, created_at))
        WHERE conversation = ? AND sequence <= ? AND sender <> 'user' AND status <> 'READ'
            AND status IN (\(MessageStatus.read.sourcesInSQL))
        RETURNING \(Message.columns)
        """
}

extension ConversationScope {
    fileprivate var isClient: Bool {
        if case .device = self { true } else { false }
    }

    /// Clients may only move messages they did not send.
    fileprivate func mayMove(_ sender: Message.Sender) -> Bool { !isClient || sender != .user }
}

extension Message {
    /// Read implies delivered.
    fileprivate mutating func move(to next: MessageStatus, at now: Timestamp) {
        status = next
        // Not before it was written, whatever another node's clock said.
        if next == .delivered || next == .read { deliveredAt = deliveredAt ?? max(now, createdAt) }
        if next == .read { readAt = max(now, deliveredAt ?? createdAt) }
    }
}
