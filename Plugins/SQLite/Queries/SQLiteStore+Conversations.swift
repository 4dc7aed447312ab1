import PluginAPI

extension SQLiteStore {
    public func openConversation(_ new: NewConversation) async throws -> (conversation: Conversation, isNew: Bool) {
        try await writer.write { try $0.open(new) }
    }

    public func conversation(_ id: ConversationID, in scope: ConversationScope) async throws -> ConversationHead? {
        try await read { try $0.head(of: id, in: scope) }
    }

    public func latestConversation(of owner: DeviceIdentity) async throws -> ConversationHead? {
        try await read { connection in
            let heads = try connection.all(Self.onDevice, .id(owner.app), .id(owner.device)) {
                try ConversationHead(row: $0)
            }
            return heads.max {
                ($0.conversation.updatedAt, $0.conversation.id) < ($1.conversation.updatedAt, $1.conversation.id)
            }
        }
    }

    /// Without an order: a device has few, and to sort them costs SQLite more than to find them.
    private static let onDevice = """
        SELECT \(Conversation.columns), m.id, c.last_sequence FROM conversations c
        LEFT JOIN messages m ON m.conversation = c.key AND m.sequence = c.last_sequence
        WHERE c.app_id = ? AND c.device_id = ?
        """

    public func setStatus(
        _ status: ConversationStatus,
        of id: ConversationID,
        in scope: ConversationScope,
        at now: Timestamp
    ) async throws -> (conversation: Conversation, changed: Bool)? {
        try await writer.write { transaction -> (conversation: Conversation, changed: Bool)? in
            let connection = transaction.connection
            guard var conversation = try connection.conversation(id, in: scope)?.conversation else { return nil }
            guard conversation.status != status else { return (conversation, false) }
            conversation.status = status
            conversation.updatedAt = max(conversation.updatedAt, now)
            try connection.run(
                "UPDATE conversations SET status = ?, updated_at = ? WHERE id = ? AND app_id = ?",
                .word(status), .time(conversation.updatedAt), .id(id), .id(scope.app))
            return (conversation, true)
        }
    }
}

extension WriteTransaction {
    private static let find = """
        SELECT \(Conversation.columns) FROM conversations c
        WHERE c.app_id = ? AND c.device_id = ? AND coalesce(c.user_id, '') = ?
        """
    private static let insert = """
        INSERT INTO conversations (id, visitor_id, app_id, device_id, user_id, status, metadata, created_at, updated_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """

    /// There is one writer, so between the look and the insert nobody else can come.
    fileprivate func open(_ new: NewConversation) throws -> (conversation: Conversation, isNew: Bool) {
        try touch(new.owner, user: new.userID, platform: new.deviceContext?.platform ?? .unknown, at: new.at)
        let found = try connection.first(
            Self.find, .id(new.owner.app), .id(new.owner.device), .text(new.userID?.rawValue ?? "")
        ) { try Conversation(row: $0) }
        if let found { return (try merge(new.deviceContext, into: found), false) }

        var metadata = JSONObject()
        if let context = new.deviceContext { metadata.merge(context) }
        let conversation = Conversation(
            id: new.id, visitorID: new.visitorID, app: new.owner.app, device: new.owner.device, userID: new.userID,
            status: .open, metadata: metadata, createdAt: new.at, updatedAt: new.at)
        try connection.run(
            Self.insert, .id(new.id), .id(new.visitorID), .id(new.owner.app), .id(new.owner.device), .id(new.userID),
            .word(conversation.status), .object(metadata), .time(new.at), .time(new.at))
        return (conversation, true)
    }

    private func merge(_ context: DeviceContext?, into found: Conversation) throws -> Conversation {
        guard let context else { return found }
        var merged = found
        merged.metadata.merge(context)
        if merged.metadata != found.metadata { try setMetadata(merged.metadata, of: merged) }
        return merged
    }

    func setMetadata(_ metadata: JSONObject, of conversation: Conversation) throws {
        try connection.run(
            "UPDATE conversations SET metadata = ? WHERE id = ? AND app_id = ?",
            .object(metadata), .id(conversation.id), .id(conversation.app))
    }
}
