import PluginAPI

extension PostgresStore {
    public func append(
        _ new: NewMessage,
        onCommit: @escaping @Sendable (StoredMessage) -> Void
    ) async throws -> StoredMessage? {
        let scope = new.scope.values(new.conversation)
        let message: [SQLValue] = [
            .id(new.id), .id(new.localID), .stored(new.body), .word(new.sender), .time(new.at),
        ]
        let push = new.sender == .user ? nil : new.push
        let append =
            if let push {
                Step(.appendWithPush, scope + message + [.time(push.due), .time(push.expires)])
            } else {
                Step(.append, scope + message)
            }
        let steps = [Step(.lockConversation, scope), append]
        let outcome = try await pool.write(
            in: LaneKey(conversation: new.conversation), of: new.scope.app, steps,
            committed: { outcome in
                if case .stored(let stored) = outcome, stored.isNew { onCommit(stored) }
            },
            inquiry: Inquiry(
                steps: [Step(.appended, .id(new.conversation), .id(new.scope.app), .id(new.id))],
                decode: { try $0.first?.first { .stored(try StoredMessage(row: $0)) } }),
            decode: { rows in try AppendOutcome(rows) })
        switch outcome {
        case .stored(let stored): return stored
        case .outOfScope: return nil
        case .taken: throw ChatError(.conflict, "It exists already")
        }
    }
}

/// What became of an attempt to append; only the first changes anything.
private enum AppendOutcome {
    case stored(StoredMessage)
    case outOfScope
    /// Another message has the id.
    case taken

    init(_ rows: [Rows]) throws {
        guard rows.count == 2 else { throw ChatError(.internalError, "The store lost a result") }
        let stored = try rows[1].first { try StoredMessage(row: $0) }
        if let stored { self = .stored(stored) } else { self = rows[0].count == 0 ? .outOfScope : .taken }
    }
}

extension StoredMessage {
    /// Reads the message's columns, the conversation's, the two flags, and the number of the message before.
    fileprivate init(row: SQLRow) throws {
        let flags = Message.columnCount + Conversation.columnCount
        self.init(
            message: try Message(row: row),
            conversation: try Conversation(row: row, from: Message.columnCount),
            isNew: try row.boolean(flags),
            reopened: try row.boolean(flags + 1),
            previousSequence: try row.optionalInteger(flags + 2)
        )
    }
}

extension Statement {
    /// A message that an append stored whose acknowledgement was lost. Its id is the attempt's own: a repeat by the
    /// client would have brought another.
    static let appended = Statement(
        "appended",
        """
        SELECT \(Message.columns), \(Conversation.columns), true, false, NULL::bigint
        FROM messages m JOIN conversations c ON c.id = m.conversation_id AND c.app_id = m.app_id
        WHERE m.id = $3::text AND m.conversation_id = $1::text AND m.app_id = $2::text
        """)

    /// The hot path, after the lock: inserts unless the local id is known, touches the conversation if it did, and
    /// answers the message with the conversation as it then is.
    ///
    /// The column's default draws the number. All parts see the same instant, so the second half of `found` would not
    /// read what `added` inserted; it looks only when that is nothing. No conflict is an error, as that would take the
    /// whole batch back.
    ///
    /// The time is later by a millisecond at least than that of the message before, whatever this node's clock says:
    /// clients that page by time name the last message's, and ask for what is later.
    static let append = Statement("append", appending(beside: ""))

    /// The same for a message that is to be pushed: one row more in the same statement.
    static let appendWithPush = Statement(
        "append_with_push",
        appending(
            beside: """
                , pushed AS (
                    INSERT INTO push_outbox (message_id, app_id, conversation_id, device_id, created_at, due_at, expires_at)
                    SELECT a.id, a.app_id, a.conversation_id, c.device_id, a.created_at, $9::timestamp(3),
                        $10::timestamp(3)
                    FROM added a CROSS JOIN target c
                )
                """))

    private static func appending(beside others: String) -> String {
        """
        WITH target AS MATERIALIZED (
            SELECT \(Conversation.columns), c.last_sequence,
                greatest($8::timestamp(3), coalesce(c.last_message_at + interval '1 millisecond', c.created_at)) AS next_at
            FROM conversations c WHERE \(scoped)
        ), added AS (
            INSERT INTO messages AS m
                (id, local_id, conversation_id, app_id, body, sender, status, created_at)
            SELECT $4::text, $5::text, c.id, c.app_id, $6::text, $7::text, 'SENT', c.next_at FROM target c
            ON CONFLICT DO NOTHING
            RETURNING \(Message.columns)
        ), touched AS (
            UPDATE conversations c SET updated_at = greatest(c.updated_at, a.created_at),
                last_message_at = a.created_at, last_sequence = a.sequence,
                status = CASE WHEN $7::text = 'user' THEN 'open' ELSE c.status END
            FROM added a WHERE c.id = $1::text AND c.app_id = \(app("$2"))
        ), found AS (
            SELECT m.*, true AS is_new FROM added m
            UNION ALL
            SELECT \(Message.columns), false FROM messages m
            WHERE m.conversation_id = $1::text AND m.local_id = $5::text AND m.app_id = $2::text
                AND NOT EXISTS (SELECT 1 FROM added)
        )\(others)
        SELECT m.id, m.local_id, m.conversation_id, m.app_id, m.body, m.sender, m.status, m.sequence, m.created_at,
            m.delivered_at, m.read_at,
            c.id, c.visitor_id, c.app_id, c.device_id, c.user_id,
            CASE WHEN m.is_new AND $7::text = 'user' THEN 'open' ELSE c.status END,
            c.metadata, c.created_at,
            CASE WHEN m.is_new THEN greatest(c.updated_at, m.created_at) ELSE c.updated_at END,
            m.is_new, m.is_new AND $7::text = 'user' AND c.status = 'resolved', c.last_sequence
        FROM target c CROSS JOIN found m
        """
    }
}
