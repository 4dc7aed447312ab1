import PluginAPI

extension Connection {
    private static let head = """
        SELECT \(Conversation.columns), m.id, c.last_sequence FROM conversations c
        LEFT JOIN messages m ON m.conversation = c.key AND m.sequence = c.last_sequence
        """
    private static let inApp =
        "SELECT \(StoredConversation.columns) FROM conversations c WHERE c.id = ? AND c.app_id = ?"
    private static let onDevice = inApp + " AND c.device_id = ?"
    private static let headInApp = head + " WHERE c.id = ? AND c.app_id = ?"
    private static let headOnDevice = headInApp + " AND c.device_id = ?"
    private static let keyInApp = "SELECT key FROM conversations WHERE id = ? AND app_id = ?"
    private static let keyOnDevice = keyInApp + " AND device_id = ?"

    /// The conversation, if it is in scope.
    func conversation(_ id: ConversationID, in scope: ConversationScope) throws -> StoredConversation? {
        try find(id, scope, inApp: Self.inApp, onDevice: Self.onDevice) { try StoredConversation(row: $0) }
    }

    /// The conversation with its newest message's id, if it is in scope.
    func head(of id: ConversationID, in scope: ConversationScope) throws -> ConversationHead? {
        try find(id, scope, inApp: Self.headInApp, onDevice: Self.headOnDevice) { try ConversationHead(row: $0) }
    }

    /// Where the conversation's messages are, if it is in scope. There is no other way to them.
    func place(_ id: ConversationID, in scope: ConversationScope) throws -> MessagePlace? {
        try find(id, scope, inApp: Self.keyInApp, onDevice: Self.keyOnDevice) {
            MessagePlace(key: $0.integer(0), conversation: id, app: scope.app)
        }
    }

    private func find<Value>(
        _ id: ConversationID,
        _ scope: ConversationScope,
        inApp: String,
        onDevice: String,
        as make: (SQLRow) throws -> Value
    ) throws -> Value? {
        switch scope {
        case .app(let app): try first(inApp, .id(id), .id(app), as: make)
        case .device(let owner): try first(onDevice, .id(id), .id(owner.app), .id(owner.device), as: make)
        }
    }
}

extension ConversationScope {
    /// What the statements ask for.
    func contains(_ conversation: Conversation) -> Bool {
        switch self {
        case .app(let app): conversation.app == app
        case .device(let owner): conversation.owner == owner
        }
    }
}

/// The bounds of every list.
enum PageSize {
    static let most = 1_000

    static func clamp(_ limit: Int) -> Int { min(max(limit, 1), most) }
}
