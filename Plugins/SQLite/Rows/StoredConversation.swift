import PluginAPI

/// A conversation with the number that the tables know it by. The number never leaves the store.
struct StoredConversation {
    var key: Int64
    var conversation: Conversation
}

extension StoredConversation {
    /// What ``init(row:)`` reads, for statements where the table is called `c`.
    static let columns = Conversation.columns + ", c.key"

    init(row: SQLRow) throws {
        self.init(key: row.integer(Conversation.columnCount), conversation: try Conversation(row: row))
    }
}

/// The conversation that rows of messages belong to: what they have in common stands there once.
struct MessagePlace {
    var key: Int64
    var conversation: ConversationID
    var app: AppID
}
