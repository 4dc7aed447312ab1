import PluginAPI

extension Conversation {
    /// What ``init(row:)`` reads, for statements where the table is called `c`.
    static let columns = """
        c.id, c.visitor_id, c.app_id, c.device_id, c.user_id, c.status, c.metadata, c.created_at, c.updated_at
        """
    /// How many columns that are: what follows them starts here.
    static let columnCount: CInt = 9

    init(row: SQLRow) throws {
        self.init(
            id: row.id(0),
            visitorID: row.id(1),
            app: row.id(2),
            device: row.id(3),
            userID: row.optionalID(4),
            status: try row.word(5),
            metadata: try row.object(6),
            createdAt: row.time(7),
            updatedAt: row.time(8)
        )
    }
}

extension ConversationHead {
    /// For the columns of the conversation followed by the id and the number of its newest message.
    init(row: SQLRow) throws {
        self.init(
            conversation: try Conversation(row: row),
            lastMessageID: row.optionalID(Conversation.columnCount),
            lastSequence: row.integer(Conversation.columnCount + 1))
    }
}

extension ConversationRow {
    /// For the columns of the conversation followed by those of its newest message, if any.
    init(row: SQLRow) throws {
        let offset = Conversation.columnCount
        let conversation = try Conversation(row: row)
        let message =
            row.isNull(offset) ? nil : try Message(row: row, from: offset, in: conversation.id, of: conversation.app)
        self.init(conversation: conversation, lastMessage: message)
    }
}
