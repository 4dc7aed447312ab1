import PluginAPI

extension Statement {
    /// A parameter with an app to compare with, for statements that find their rows by a better key than the app.
    ///
    /// Without statistics, or with many small apps, the planner takes an index on the app for just as good, keeps that
    /// plan, and reads a large app row by row. Indexes are of collation `C`, so this comparison can use none. Both
    /// collations compare bytes.
    static func app(_ parameter: String) -> String { "\(parameter)::text COLLATE \"POSIX\"" }

    /// The conversation `c`, if it is in scope: its id, the app, and the device that a client is bound to or NULL.
    static let scoped =
        "c.id = $1::text AND c.app_id = \(app("$2")) AND ($3::text IS NULL OR c.device_id = $3::text)"
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
    /// A conversation with the id and the number of its newest message.
    static let head = "SELECT \(Conversation.columns), m.id, c.last_sequence FROM conversations c \(newest)"
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
