import PluginAPI

/// The transaction that the writes of a batch share.
final class WriteTransaction {
    let connection: Connection
    private let memory: ConversationMemory
    private var sequence: Int64?
    private var isSequenceUsed = false

    init(_ connection: Connection, _ memory: ConversationMemory) {
        self.connection = connection
        self.memory = memory
    }

    /// The conversation, if it is in scope: from memory, if it is there.
    func conversation(_ id: ConversationID, in scope: ConversationScope) throws -> StoredConversation? {
        if let known = memory[id] { return scope.contains(known.conversation) ? known : nil }
        let found = try connection.conversation(id, in: scope)
        if let found { memory.remember(found) }
        return found
    }

    /// An append has changed the conversation.
    func changed(_ conversation: StoredConversation) {
        memory.remember(conversation)
    }

    /// The number the next message gets. It counts as used only after ``useSequence(_:)``.
    func nextSequence() throws -> Int64 {
        if let sequence { return sequence + 1 }
        let stored = try connection.first("SELECT value FROM message_sequence WHERE id = 1") { $0.integer(0) }
        guard let stored, stored < .max - Int64(Writer.batchLimit) else {
            throw ChatError(.internalError, "The store has lost its message counter")
        }
        sequence = stored
        return stored + 1
    }

    func useSequence(_ used: Int64) {
        sequence = used
        isSequenceUsed = true
    }

    /// Writes what was gathered for the whole batch: the counter, once instead of per message.
    func finish() throws {
        guard isSequenceUsed, let sequence else { return }
        try connection.run("UPDATE message_sequence SET value = ? WHERE id = 1", .integer(sequence))
    }
}
