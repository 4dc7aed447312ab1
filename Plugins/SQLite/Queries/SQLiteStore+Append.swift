import PluginAPI

extension SQLiteStore {
    public func append(
        _ new: NewMessage,
        onCommit: @escaping @Sendable (StoredMessage) -> Void
    ) async throws -> StoredMessage? {
        let committed: @Sendable (StoredMessage?) -> Void = { stored in
            if let stored, stored.isNew { onCommit(stored) }
        }
        return try await writer.write(committed: committed) { try $0.append(new) }
    }
}

extension WriteTransaction {
    private static let insert = """
        INSERT INTO messages (id, local_id, conversation_id, app_id, body, sender, status, sequence, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (conversation_id, local_id) DO NOTHING
        """
    private static let stored = """
        SELECT \(Message.columns) FROM messages WHERE conversation_id = ? AND local_id = ? AND app_id = ?
        """
    private static let touch = """
        UPDATE conversations SET updated_at = ?, last_message_at = ?, last_sequence = ? WHERE id = ? AND app_id = ?
        """
    // Apart from the touch: a column that is set costs its index a rewrite even if the value stays.
    private static let reopen = "UPDATE conversations SET status = 'open' WHERE id = ? AND app_id = ?"

    /// The hot path: one look at the conversation, one insert that also finds a repeat, one touch.
    fileprivate func append(_ new: NewMessage) throws -> StoredMessage? {
        guard var conversation = try connection.conversation(new.conversation, in: new.scope) else { return nil }
        let message = Message(
            id: new.id, localID: new.localID, conversation: new.conversation, app: conversation.app, body: new.body,
            sender: new.sender, status: .sent, sequence: try nextSequence(), createdAt: new.at)
        let added = try connection.run(
            Self.insert, .id(message.id), .id(message.localID), .id(message.conversation), .id(message.app),
            .text(message.body), .word(message.sender), .word(message.status), .integer(message.sequence),
            .time(message.createdAt))
        guard added == 1 else {
            let stored = try repeated(new, in: conversation)
            return StoredMessage(message: stored, conversation: conversation, isNew: false, reopened: false)
        }
        useSequence(message.sequence)
        if let push = new.push, new.sender != .user { try keepPush(push, for: message, to: conversation.device) }

        let isReopening = new.sender == .user && conversation.status == .resolved
        if isReopening {
            conversation.status = .open
            try connection.run(Self.reopen, .id(conversation.id), .id(conversation.app))
        }
        conversation.updatedAt = max(conversation.updatedAt, new.at)
        try connection.run(
            Self.touch, .time(conversation.updatedAt), .time(new.at), .integer(message.sequence), .id(conversation.id),
            .id(conversation.app))
        return StoredMessage(message: message, conversation: conversation, isNew: true, reopened: isReopening)
    }

    private func repeated(_ new: NewMessage, in conversation: Conversation) throws -> Message {
        let found = try connection.first(
            Self.stored, .id(new.conversation), .id(new.localID), .id(conversation.app)
        ) { try Message(row: $0) }
        guard let found else { throw ChatError(.internalError, "The store neither took nor has a message") }
        return found
    }
}
