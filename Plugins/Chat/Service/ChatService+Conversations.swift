import PluginAPI

extension ChatService {
    func openConversation(
        for owner: DeviceIdentity,
        user: UserProfile?,
        deviceContext: DeviceContext?
    ) async throws -> Conversation {
        guard owner.isWellFormed else {
            throw ChatError(.validation, "Ids of devices have 1 to 255 bytes and no control characters")
        }
        if let user { try Self.check(user) }
        if let deviceContext { try Self.check(deviceContext) }
        // Only the user's id counts here; the profile is stored by `identify` alone (`http.md` 6.1).
        let new = NewConversation(
            id: ConversationID(rawValue: IDGenerator.conversation()),
            visitorID: VisitorID(rawValue: IDGenerator.visitor()),
            owner: owner,
            userID: user?.id,
            deviceContext: deviceContext,
            at: clock.now)
        let (conversation, isNew) = try await store.openConversation(new)
        // For subscribers only: the wires join the device's live connections. Nobody listens to the conversation yet.
        hub.publish(.conversationOpened(conversation, isNew: isNew), to: [])
        return conversation
    }

    func conversation(_ id: ConversationID, in scope: ConversationScope) async throws -> ConversationHead {
        guard id.isWellFormed, let head = try await store.conversation(id, in: scope) else {
            throw ChatError.conversationNotFound()
        }
        hub.looked(at: head)
        return head
    }

    func latestConversation(of owner: DeviceIdentity) async throws -> ConversationHead? {
        guard owner.isWellFormed else { return nil }
        let head = try await store.latestConversation(of: owner)
        if let head { hub.looked(at: head) }
        return head
    }

    func setStatus(
        _ status: ConversationStatus,
        of id: ConversationID,
        in scope: ConversationScope
    ) async throws -> Conversation {
        guard id.isWellFormed,
            let (conversation, changed) = try await store.setStatus(status, of: id, in: scope, at: clock.now)
        else { throw ChatError.conversationNotFound() }
        if changed { publish(.conversationUpdated(conversation), in: id) }
        return conversation
    }
}
