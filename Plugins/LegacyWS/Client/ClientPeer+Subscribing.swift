import NIOCore
import PluginAPI

/// Subscribing: the chat is asked, then the room is entered. One after the other, so that the last one asked for counts.
extension ClientPeer {
    func enqueue(_ join: JoinQueue<Never>.Join) {
        // Others may have to wait for the store, and what waits has a bound.
        guard join.conversation.isWellFormed else {
            if !join.isSilent { refuse(.unauthorizedConversation) }
            return
        }
        switch joins.add(join) {
        case .refuse: if !join.isSilent { refuse(.tooManyEvents) }
        case .wait: return
        case .begin:
            // Ends when nothing waits; at most one for each connection.
            Task(executorPreference: EventLoopExecutor(eventLoop)) { await self.performJoins() }
        }
    }

    private func performJoins() async {
        while let join = nextJoin() {
            do {
                // Tells the cluster too how far this conversation was seen here.
                let head = try await door.chat.conversation(join.conversation, in: .device(device))
                enter(head.conversation.id)
            } catch {
                refuse(join, error)
            }
        }
    }

    private func nextJoin() -> JoinQueue<Never>.Join? {
        eventLoop.preconditionInEventLoop()
        return joins.next()
    }

    private func refuse(_ join: JoinQueue<Never>.Join, _ error: any Error) {
        guard (error as? ChatError)?.code == .conversationNotFound else {
            door.logger.log(
                level: (error as? ChatError)?.logLevel ?? .error, "A subscription failed",
                metadata: ["error": "\(String(reflecting: error))"])
            // Nobody asked who could be answered.
            if !join.isSilent { refuse(.unavailable) }
            return
        }
        if !join.isSilent { refuse(.unauthorizedConversation) }
    }

    private func refuse(_ failure: LegacyFailure) {
        door.monitor.failed(failure)
        transport?.outlet.send(LegacyReply.error(failure))
    }
}
