import PluginAPI

extension PostgresStore {
    public func setStatus(
        _ status: MessageStatus,
        of message: MessageID,
        in conversation: ConversationID,
        scope: ConversationScope,
        at now: Timestamp
    ) async throws -> (message: Message?, changed: Bool)? {
        let values = scope.values(conversation)
        let steps = [
            Step(.lockConversation, values),
            Step(.moveMessage, values + [.id(message), .word(status), .time(now), .texts(status.sources)]),
            Step(.message, values + [.id(message)]),
        ]
        return try await pool.write(in: LaneKey(conversation: conversation), of: scope.app, steps) { rows in
            guard rows.count == 3, rows[0].count > 0 else { return nil }
            return (try rows[2].first { try Message(row: $0) }, rows[1].affected > 0)
        }
    }

    public func markDelivered(
        _ messages: [MessageID],
        in conversation: ConversationID,
        scope: ConversationScope,
        at now: Timestamp
    ) async throws -> [Message]? {
        let values = scope.values(conversation)
        let steps = [
            Step(.lockConversation, values),
            Step(.deliverMessages, values + [.texts(messages.map(\.rawValue)), .time(now)]),
        ]
        return try await pool.write(in: LaneKey(conversation: conversation), of: scope.app, steps) { rows in
            guard rows.count == 2, rows[0].count > 0 else { return nil }
            let changed = try rows[1].map { try Message(row: $0) }
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
        let values = scope.values(conversation)
        let steps = [
            Step(.lockConversation, values),
            Step(.readMessages, values + [.id(bound), .time(now)]),
        ]
        return try await pool.write(in: LaneKey(conversation: conversation), of: scope.app, steps) { rows in
            guard rows.count == 2, rows[0].count > 0 else { return nil }
            // RETURNING promises no order.
            return try rows[1].map { try Message(row: $0) }.sorted { $0.sequence < $1.sequence }
        }
    }
}

extension Statement {
    /// The messages `m` of the conversation in scope.
    private static let ofConversation = "m.conversation_id = $1::text AND m.app_id = $2::text AND \(inScope)"
    /// Clients, who are bound to a device, may only move messages they did not send.
    private static let movable = "($3::text IS NULL OR m.sender <> 'user')"

    /// Read implies delivered. Neither is before it was written, whatever another node's clock said.
    fileprivate static let moveMessage = Statement(
        "move_message",
        """
        UPDATE messages m SET status = $5::text,
            delivered_at = CASE WHEN $5::text IN ('DELIVERED', 'READ')
                THEN coalesce(m.delivered_at, greatest($6::timestamp(3), m.created_at)) ELSE m.delivered_at END,
            read_at = CASE WHEN $5::text = 'READ'
                THEN greatest($6::timestamp(3), m.created_at, m.delivered_at) ELSE m.read_at END
        WHERE m.id = $4::text AND \(ofConversation) AND \(movable) AND m.status = ANY ($7::text[])
        """)
    fileprivate static let message = Statement(
        "message", "SELECT \(Message.columns) FROM messages m WHERE m.id = $4::text AND \(ofConversation)")
    fileprivate static let deliverMessages = Statement(
        "deliver_messages",
        """
        UPDATE messages m SET status = 'DELIVERED', delivered_at = greatest($5::timestamp(3), m.created_at)
        WHERE m.id = ANY ($4::text[]) AND \(ofConversation) AND \(movable)
            AND m.status IN (\(MessageStatus.delivered.sourcesInSQL))
        RETURNING \(Message.columns)
        """)
    /// A bound that is not in the conversation means all.
    fileprivate static let readMessages = Statement(
        "read_messages",
        """
        UPDATE messages m SET status = 'READ',
            delivered_at = coalesce(m.delivered_at, greatest($5::timestamp(3), m.created_at)),
            read_at = greatest($5::timestamp(3), m.created_at, m.delivered_at)
        WHERE \(ofConversation) AND m.sender <> 'user' AND m.status <> 'READ'
            AND m.sequence <= coalesce(
                (SELECT b.sequence FROM messages b
                    WHERE b.id = $4::text AND b.conversation_id = $1::text AND b.app_id = $2::text),
                \(Int64.max))
            AND m.status IN (\(MessageStatus.read.sourcesInSQL))
        RETURNING \(Message.columns)
        """)
    static let ofReceipts = [moveMessage, message, deliverMessages, readMessages]
}
