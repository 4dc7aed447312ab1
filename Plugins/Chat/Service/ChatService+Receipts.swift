import PluginAPI

extension ChatService {
    func setStatus(
        _ status: MessageStatus,
        of message: MessageID,
        in conversation: ConversationID,
        scope: ConversationScope
    ) async throws -> MessageReceipt {
        guard conversation.isWellFormed else { throw ChatError.conversationNotFound() }
        let now = clock.now
        // No message has the empty id.
        let message = message.isWellFormed ? message : MessageID("")
        let outcome = try await store.setStatus(status, of: message, in: conversation, scope: scope, at: now)
        guard let (stored, changed) = outcome else { throw ChatError.conversationNotFound() }
        guard let stored else { throw ChatError.messageNotFound() }
        let receipt = MessageReceipt(stored, at: now)
        if changed { publish(.messageStatusChanged(receipt), in: conversation) }
        return receipt
    }

    func markDelivered(
        _ messages: [MessageID],
        in conversation: ConversationID,
        scope: ConversationScope
    ) async throws -> [MessageReceipt] {
        guard messages.count <= Self.receiptLimit else {
            throw ChatError(.validation, "At most \(Self.receiptLimit) messages at once")
        }
        guard conversation.isWellFormed else { throw ChatError.conversationNotFound() }
        let now = clock.now
        let changed = try await store.markDelivered(
            messages.filter(\.isWellFormed).uniqued(), in: conversation, scope: scope, at: now)
        guard let changed else { throw ChatError.conversationNotFound() }
        let receipts = changed.map { MessageReceipt($0, at: now) }
        for receipt in receipts { publish(.messageStatusChanged(receipt), in: conversation) }
        return receipts
    }

    func markRead(
        upTo message: MessageID?,
        in conversation: ConversationID,
        scope: ConversationScope
    ) async throws -> [MessageReceipt] {
        guard conversation.isWellFormed else { throw ChatError.conversationNotFound() }
        let now = clock.now
        // A bound that cannot be in the conversation means all, as one that is not.
        let bound = message.flatMap { $0.isWellFormed ? $0 : nil }
        guard let changed = try await store.markRead(upTo: bound, in: conversation, scope: scope, at: now) else {
            throw ChatError.conversationNotFound()
        }
        // One event for all of them, however many (`socketio.md` 8).
        if !changed.isEmpty {
            let event = DomainEvent.messagesRead(conversation, app: scope.app, messages: changed.map(\.id), at: now)
            publish(event, in: conversation)
        }
        return changed.map { MessageReceipt($0, at: now) }
    }

    /// How many messages one call may mark (`http.md` 6.6).
    private static let receiptLimit = 500
}

extension MessageReceipt {
    /// - Parameter now: the time of the call, which is what the wire calls `updated_at` (`http.md` 6.5).
    fileprivate init(_ message: Message, at now: Timestamp) {
        self.init(
            message: message.id, conversation: message.conversation, app: message.app, status: message.status,
            updatedAt: now)
    }
}

extension Array where Element: Hashable {
    /// The elements without repetitions, in order.
    fileprivate func uniqued() -> [Element] {
        var seen = Set<Element>(minimumCapacity: count)
        return filter { seen.insert($0).inserted }
    }
}
