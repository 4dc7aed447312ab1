import PluginAPI

extension PostgresStore {
    public func openConversation(_ new: NewConversation) async throws -> (conversation: Conversation, isNew: Bool) {
        let owner = new.owner
        let identity: [SQLValue] = [.id(owner.app), .id(owner.device), .id(new.userID)]
        let context = new.deviceContext?.stored
        let metadata: JSONObject = context.map { ["device_context": .object($0)] } ?? [:]
        var steps = [
            Step.touch(owner, user: new.userID, platform: new.deviceContext?.platform ?? .unknown, at: new.at),
            Step(.insertConversation, identity + [.id(new.id), .id(new.visitorID), .stored(metadata), .time(new.at)]),
        ]
        if let context { steps.append(Step(.mergeContext, identity + [.stored(context)])) }
        steps.append(Step(.findConversation, identity))

        let answer = try await pool.write(in: LaneKey(device: owner), of: owner.app, steps) { rows in
            let hasApp = (rows.first?.affected ?? 0) > 0
            let isNew = rows.count > 1 && rows[1].affected > 0
            return (hasApp, isNew, try rows.last?.first { try Conversation(row: $0) })
        }
        guard answer.0 else { throw ChatError(.appNotFound, "App not found") }
        // Neither inserted nor found: another conversation has the id.
        guard let conversation = answer.2 else { throw ChatError(.conflict, "It exists already") }
        return (conversation, answer.1)
    }

    public func conversation(_ id: ConversationID, in scope: ConversationScope) async throws -> ConversationHead? {
        try await pool.read([Step(.headInScope, scope.values(id))], of: scope.app) { rows in
            try rows.first?.first { try ConversationHead(row: $0) }
        }
    }

    public func latestConversation(of owner: DeviceIdentity) async throws -> ConversationHead? {
        let steps = [Step(.conversationsOnDevice, .id(owner.app), .id(owner.device))]
        return try await pool.read(steps, of: owner.app) { rows in
            try rows.first?.map { try ConversationHead(row: $0) }.max {
                ($0.conversation.updatedAt, $0.conversation.id) < ($1.conversation.updatedAt, $1.conversation.id)
            }
        }
    }

    public func setStatus(
        _ status: ConversationStatus,
        of id: ConversationID,
        in scope: ConversationScope,
        at now: Timestamp
    ) async throws -> (conversation: Conversation, changed: Bool)? {
        let values = scope.values(id)
        let steps = [
            Step(.lockedConversation, values),
            Step(.setConversationStatus, values + [.word(status), .time(now)]),
        ]
        return try await pool.write(in: LaneKey(conversation: id), of: scope.app, steps) { rows in
            if let changed = try rows.last?.first(as: { try Conversation(row: $0) }) { return (changed, true) }
            return try rows.first?.first { (try Conversation(row: $0), false) }
        }
    }
}

extension Statement {
    /// The conversation `c` of an app, a device, and a user or none: what the unique index is about. In a database that
    /// was taken over, rows that gave way to an older twin are apart.
    static let identity = """
        c.app_id = $1::text AND c.device_id = $2::text AND coalesce(c.user_id, '') = coalesce($3::text, '')
            AND c.superseded_by IS NULL
        """

    /// Looks before it inserts: most conversations that are opened exist, and an attempt that fails leaves a dead row.
    /// An unknown app owns nothing.
    fileprivate static let insertConversation = Statement(
        "insert_conversation",
        """
        INSERT INTO conversations (app_id, device_id, user_id, id, visitor_id, metadata, created_at, updated_at, status,
            last_sequence)
        SELECT a.id, $2::text, $3::text, $4::text, $5::text, $6::jsonb, $7::timestamp(3), $7::timestamp(3), 'open', 0
        FROM apps a WHERE a.id = $1::text AND NOT EXISTS (SELECT 1 FROM conversations c WHERE \(identity))
        ON CONFLICT DO NOTHING
        """)
    /// A row whose metadata stays the same is not written.
    fileprivate static let mergeContext = Statement(
        "merge_context",
        """
        UPDATE conversations c SET metadata = \(merged("device_context", "$4::jsonb"))
        WHERE \(identity) AND jsonb_typeof(c.metadata) = 'object'
            AND c.metadata IS DISTINCT FROM \(merged("device_context", "$4::jsonb"))
        """)
    fileprivate static let findConversation = Statement(
        "find_conversation",
        "SELECT \(Conversation.columns) FROM conversations c WHERE \(identity)")
    fileprivate static let headInScope = Statement("conversation", "\(head) WHERE \(scoped)")
    /// Without an order: a device has few, and a planner that knows too little would walk through all of the app's in
    /// that order to find one of the device.
    fileprivate static let conversationsOnDevice = Statement(
        "conversations_on_device", "\(head) WHERE c.app_id = $1::text AND c.device_id = $2::text")
    fileprivate static let setConversationStatus = Statement(
        "set_conversation_status",
        """
        UPDATE conversations c SET status = $4::text, updated_at = greatest(c.updated_at, $5::timestamp(3))
        WHERE \(scoped) AND c.status <> $4::text RETURNING \(Conversation.columns)
        """)
    static let ofConversations = [
        lockConversation, lockedConversation, containsConversation, insertConversation, mergeContext, findConversation,
        headInScope, conversationsOnDevice, setConversationStatus,
    ]

    /// The metadata of `c` with an object merged into the one under a key.
    static func merged(_ key: String, _ value: String) -> String {
        let known = "c.metadata -> '\(key)'"
        return """
            c.metadata || jsonb_build_object('\(key)',
                CASE jsonb_typeof(\(known)) WHEN 'object' THEN \(known) ELSE '{}' END || \(value))
            """
    }
}
