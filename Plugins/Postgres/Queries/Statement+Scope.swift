import PluginAPI

extension Statement {
    /// The conversation `c`, if it is in scope: its id, the app, and the device that a client is bound to or NULL.
    static let scoped = "c.id = $1::text AND c.app_id = $2::text AND ($3::text IS NULL OR c.device_id = $3::text)"
    /// The same as a condition of a statement about something else.
    static let inScope = "EXISTS (SELECT 1 FROM conversations c WHERE \(scoped))"

    /// Waits until nobody else writes in the conversation; a row tells that it is in scope.
    ///
    /// A lock that lets others refer to the row: a program beside this one that inserts messages is not held up.
    static let lockConversation = Statement(
        "lock_conversation", "SELECT 1 FROM conversations c WHERE \(scoped) FOR NO KEY UPDATE")
    /// The same with the conversation's columns.
    static let lockedConversation = Statement(
        "locked_conversation", "SELECT \(Conversation.columns) FROM conversations c WHERE \(scoped) FOR NO KEY UPDATE")
    /// A row tells that the conversation is in scope.
    static let containsConversation = Statement(
        "contains_conversation", "SELECT 1 FROM conversations c WHERE \(scoped)")

    private static let newest = """
        LEFT JOIN messages m ON m.conversation_id = c.id AND m.sequence = c.last_sequence AND m.app_id = c.app_id
        """
    /// A conversation with the id of its newest message.
    static let head = "SELECT \(Conversation.columns), m.id FROM conversations c \(newest)"
    /// A conversation with its newest message.
    static let row = "SELECT \(Conversation.columns), \(Message.columns) FROM conversations c \(newest)"
}

extension ConversationScope {
    /// What ``Statement/scoped`` binds, `$1` to `$3`.
    func values(_ conversation: ConversationID) -> [SQLValue] {
        [.id(conversation), .id(app), .id(device)]
    }

    /// The device that a client is bound to.
    private var device: DeviceID? {
        if case .device(let owner) = self { owner.device } else { nil }
    }
}
