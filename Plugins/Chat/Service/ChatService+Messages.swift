import PluginAPI

extension ChatService {
    func send(
        _ draft: MessageDraft,
        to conversation: ConversationID,
        in scope: ConversationScope,
        as sender: Message.Sender
    ) async throws -> Message {
        guard conversation.isWellFormed else { throw ChatError.conversationNotFound() }
        let now = clock.now
        let new = NewMessage(
            id: MessageID(rawValue: IDGenerator.message()),
            localID: try Self.localID(of: draft),
            conversation: conversation,
            scope: scope,
            sender: sender,
            body: try Self.body(of: draft),
            at: now,
            push: sender == .user ? nil : push()?.intent(for: scope.app, from: sender, at: now))
        // Published by the store's writer as it commits: only there is the order of a conversation known.
        let stored = try await store.append(new) { [self] in announce($0) }
        guard let stored else { throw ChatError.conversationNotFound() }
        return stored.message
    }

    /// Runs on the store's writer: publishing never blocks, and typing ends on its own loop.
    private func announce(_ stored: StoredMessage) {
        let message = stored.message
        meters.stored(message)
        if stored.reopened { publish(.conversationUpdated(stored.conversation), in: message.conversation) }
        publish(
            .messageCreated(message, conversation: stored.conversation), in: message.conversation,
            previousSequence: stored.previousSequence)
        desk.messageSent(by: message.sender, in: message.conversation)
    }

    private static func localID(of draft: MessageDraft) throws -> LocalMessageID {
        guard let id = draft.localID else { return LocalMessageID(rawValue: IDGenerator.uuidV4()) }
        guard (1...Self.localIDLimit).contains(id.rawValue.utf8.count), !id.rawValue.holdsNUL else {
            throw ChatError(.invalidPayload, "local_id must have 1 to \(Self.localIDLimit) bytes and no U+0000")
        }
        return id
    }

    private static func body(of draft: MessageDraft) throws -> String {
        guard !draft.body.isEmpty else { throw ChatError(.invalidPayload, "Message body cannot be empty") }
        // A unit takes one to three bytes of UTF-8, so most texts need no counting.
        guard draft.body.utf8.count <= Message.bodyLimit || draft.body.utf16Length <= Message.bodyLimit else {
            throw ChatError.messageTooLong()
        }
        return draft.body
    }

    /// The longest local id, in bytes. Which ids are well-formed is for each wire to say; this bounds the row.
    private static let localIDLimit = 255
}

// MARK: Reading

extension ChatService {
    func messages(
        of conversation: ConversationID,
        in scope: ConversationScope,
        createdAfter: Timestamp?,
        limit: Int
    ) async throws -> MessagePage {
        guard conversation.isWellFormed else { throw ChatError.conversationNotFound() }
        let page = try await store.messages(
            of: conversation, in: scope, createdAfter: createdAfter,
            limit: PageLimit.list(in: scope).clamping(limit))
        guard let page else { throw ChatError.conversationNotFound() }
        return page
    }

    func messages(
        of conversation: ConversationID,
        in scope: ConversationScope,
        afterSequence: Int64,
        limit: Int
    ) async throws -> MessagePage {
        guard conversation.isWellFormed else { throw ChatError.conversationNotFound() }
        let page = try await store.messages(
            of: conversation, in: scope, afterSequence: afterSequence, limit: PageLimit.sync.clamping(limit))
        guard let page else { throw ChatError.conversationNotFound() }
        return page
    }
}
