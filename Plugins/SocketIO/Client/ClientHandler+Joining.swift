import NIOCore
import PluginAPI

/// Entering a conversation's room: the chat is asked, then the room is entered.
extension ClientHandler {
    func enqueue(_ join: ClientJoins.Join) {
        guard socket != nil else { return }
        // Others may have to wait for the store, and what waits has a bound.
        guard join.conversation.isWellFormed else {
            if !join.isSilent { refuse(.join, .conversationNotFound, join.reply) }
            return
        }
        switch joins.add(join) {
        case .refuse: if !join.isSilent { refuse(.join, .rateLimited, join.reply) }
        case .wait: return
        case .begin:
            // Ends when no join waits; at most one for each socket.
            Task(executorPreference: executor) { await self.performJoins() }
        }
    }

    private func performJoins() async {
        while let join = nextJoin() {
            let result: Result<ConversationHead?, any Error>
            do {
                result = .success(try await perform(join))
            } catch {
                result = .failure(error)
            }
            finish(join, result)
        }
    }

    private func nextJoin() -> ClientJoins.Join? {
        eventLoop.preconditionInEventLoop()
        return joins.next()
    }

    /// The conversation as the peer is told of it; nil: there is nothing to tell.
    private func perform(_ join: ClientJoins.Join) async throws -> ConversationHead? {
        let scope = ConversationScope.device(device)
        let head = try await namespace.chat.conversation(join.conversation, in: scope)
        if joins.current?.isLeft == true {
            // As if it had entered and left at once.
            if join.isSilent { return nil }
            leaveRoom()
            return head
        }
        if join.isSilent, room == head.conversation.id { return nil }
        guard enterRoom(head.conversation.id) else { return head }
        // A message that came between the look and the entering was not delivered here; a second look finds it. When
        // that fails the first one stands: the peer is in the room.
        return (try? await namespace.chat.conversation(join.conversation, in: scope)) ?? head
    }

    private func finish(_ join: ClientJoins.Join, _ result: Result<ConversationHead?, any Error>) {
        guard let socket else { return }
        switch result {
        case .success(nil):
            return
        case .success(let head?):
            socket.send(namespace.replies.conversationJoined(head))
            join.reply?(Acknowledgement.joined(head))
        case .failure(let error):
            if (error as? ChatError)?.code != .conversationNotFound {
                namespace.logger.log(
                    level: (error as? ChatError)?.logLevel ?? .error, "A join failed",
                    metadata: ["error": "\(String(reflecting: error))"])
            }
            if !join.isSilent { refuse(.join, FailedEvent.Code(error), join.reply) }
        }
    }
}
