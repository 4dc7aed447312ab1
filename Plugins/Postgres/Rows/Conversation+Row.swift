import PluginAPI

extension Conversation {
    /// What ``init(row:from:)`` reads, for statements where the table is called `c`.
    static let columns = """
        c.id, c.visitor_id, c.app_id, c.device_id, c.user_id, c.status, c.metadata, c.created_at, c.updated_at
        """
    /// How many columns that are: what follows them starts here.
    static let columnCount: CInt = 9

    init(row: SQLRow, from offset: CInt = 0) throws {
        self.init(
            id: row.id(offset),
            visitorID: row.id(offset + 1),
            app: row.id(offset + 2),
            device: row.id(offset + 3),
            userID: row.optionalID(offset + 4),
            status: try row.word(offset + 5),
            metadata: try row.storedObject(offset + 6),
            createdAt: try row.time(offset + 7),
            updatedAt: try row.time(offset + 8)
        )
    }
}

extension ConversationHead {
    /// For the columns of the conversation followed by the id and the number of its newest message.
    init(row: SQLRow) throws {
        self.init(
            conversation: try Conversation(row: row),
            lastMessageID: row.optionalID(Conversation.columnCount),
            lastSequence: try row.optionalInteger(Conversation.columnCount + 1))
    }
}

extension ConversationRow {
    /// For the columns of the conversation followed by those of its newest message, if any.
    init(row: SQLRow) throws {
        let offset = Conversation.columnCount
        let message = row.isNull(offset) ? nil : try Message(row: row, from: offset)
        self.init(conversation: try Conversation(row: row), lastMessage: message)
    }
}
