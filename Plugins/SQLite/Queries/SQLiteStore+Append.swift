import PluginAPI

extension SQLiteStore {
    public func append(
        _ new: NewMessage,
        onCommit: @escaping @Sendable (StoredMessage) -> Void
    ) async throws -> StoredMessage? {
        let committed: @Sendable (StoredMessage?) -> Void = { stored in
            if let stored, stored.isNew { onCommit(stored) }
        }
        return try await writer.write(changesConversations: false, committed: committed) { try $0.append(new) }
    }
}

extension WriteTransaction {
    private static let insert = """
        INSERT INTO messages (id, local_id, conversation, body, sender, status, sequence, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (conversation, local_id) DO NOTHING
        """
    private static let stored = "SELECT \(Message.columns) FROM messages WHERE conversation = ? AND local_id = ?"
    private static let touch = """
        UPDATE conversations SET updated_at = ?, last_message_at = ?, last_sequence = ? WHERE key = ?
        """
    // Apart from the touch: a column that is set costs its index a rewrite even if the value stays.
    private static let reopen = "UPDATE conversations SET status = 'open' WHERE key = ?"

    /// The hot path: one insert that also finds a repeat, one touch.
    fileprivate func append(_ new: NewMessage) throws -> StoredMessage? {
        guard var found = try conversation(new.conversation, in: new.scope) else { return nil }
        var conversation = found.conversation
        let time = found.timeOfNext(at: new.at)
        let message = Message(
            id: new.id, localID: new.localID, conversation: new.conversation, app: conversation.app, body: new.body,
            sender: new.sender, status: .sent, sequence: try nextSequence(), createdAt: time)
        let added = try connection.run(
            Self.insert, .id(message.id), .id(message.localID), .integer(found.key), .text(message.body),
            .word(message.sender), .word(message.status), .integer(message.sequence), .time(message.createdAt))
        guard added == 1 else {
            let stored = try repeated(new, in: found)
            return StoredMessage(message: stored, conversation: conversation, isNew: false, reopened: false)
        }
        useSequence(message.sequence)
        if let push = new.push, new.sender != .user { try keepPush(push, for: message, to: conversation.device) }

        let isReopening = new.sender == .user && conversation.status == .resolved
        if isReopening {
            conversation.status = .open
            try connection.run(Self.reopen, .integer(found.key))
        }
        conversation.updatedAt = max(conversation.updatedAt, time)
        try connection.run(
            Self.touch, .time(conversation.updatedAt), .time(time), .integer(message.sequence), .integer(found.key))
        (found.conversation, found.lastMessageAt) = (conversation, time)
        changed(found)
        return StoredMessage(message: message, conversation: conversation, isNew: true, reopened: isReopening)
    }

    private func repeated(_ new: NewMessage, in stored: StoredConversation) throws -> Message {
        let (key, conversation) = (stored.key, stored.conversation)
        let found = try connection.first(Self.stored, .integer(key), .id(new.localID)) {
            try Message(row: $0, in: conversation.id, of: conversation.app)
        }
        guard let found else { throw ChatError(.internalError, "The store neither took nor has a message") }
        return found
    }
}
