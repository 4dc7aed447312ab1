import PluginAPI

/// A conversation with the number that the tables know it by. The number never leaves the store.
struct StoredConversation {
    var key: Int64
    var conversation: Conversation
    /// The latest time of its messages.
    var lastMessageAt: Timestamp?
}

extension StoredConversation {
    /// What ``init(row:)`` reads, for statements where the table is called `c`.
    ///
    /// The newest message may not be the latest: earlier versions wrote what the clock said, and clocks go back.
    static let columns = """
        \(Conversation.columns), c.key, (SELECT max(m.created_at) FROM messages m
            WHERE m.conversation = c.key AND m.created_at >= c.last_message_at)
        """

    init(row: SQLRow) throws {
        self.init(
            key: row.integer(Conversation.columnCount), conversation: try Conversation(row: row),
            lastMessageAt: row.optionalTime(Conversation.columnCount + 1))
    }

    /// The time of a message that comes now: by a millisecond at least behind all that are there, since clients
    /// that page by time name the last one's, and ask for what is later.
    func timeOfNext(at now: Timestamp) -> Timestamp {
        max(now, lastMessageAt?.adding(milliseconds: 1) ?? conversation.createdAt)
    }
}

/// The conversation that rows of messages belong to: what they have in common stands there once.
struct MessagePlace {
    var key: Int64
    var conversation: ConversationID
    var app: AppID
}
