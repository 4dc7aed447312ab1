import PluginAPI

/// The transaction that the writes of a batch share.
final class WriteTransaction {
    let connection: Connection
    private var sequence: Int64?
    private var isSequenceUsed = false

    init(_ connection: Connection) {
        self.connection = connection
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
