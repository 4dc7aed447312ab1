import NIOCore
import PluginAPI

/// The rooms of conversations, beside the app's own.
extension AdminHandler {
    /// The most conversations that one agent's socket can be in.
    private static let mostRooms = 500

    func join(_ arguments: [SocketIOValue], _ acknowledge: Acknowledge?) {
        guard let conversation = ConversationID(payload: arguments) else {
            return refuse(.join, .missingConversationID, acknowledge)
        }
        guard principal.may(.viewConversations) else { return refuse(.join, .forbidden, acknowledge) }
        guard conversation.isWellFormed else { return refuse(.join, .conversationNotFound, acknowledge) }
        guard conversations.count < Self.mostRooms else { return refuse(.join, .tooManyConversations, acknowledge) }
        let join = pendingJoins.begin(conversation)
        let isUnderWay = call(.join, acknowledge) { handler in
            defer { handler.pendingJoins.end(join) }
            let scope = ConversationScope.app(handler.principal.app)
            let head = try await handler.namespace.chat.conversation(conversation, in: scope)
            handler.enter(head, staying: handler.pendingJoins.isWanted(join))
            return Acknowledgement.joined(head)
        }
        if !isUnderWay { pendingJoins.end(join) }
    }

    /// - Parameter staying: false: the peer has left already, and is told of the join alone.
    private func enter(_ head: ConversationHead, staying: Bool) {
        guard let outlet, let rooms = namespace.hub.rooms(on: eventLoop) else { return }
        if staying {
            conversations.insert(head.conversation.id)
            rooms.join(outlet, topic: .conversation(head.conversation.id), wire: namespace.wire)
        }
        socket?.send(namespace.replies.conversationJoined(head))
    }

    func leave(_ arguments: [SocketIOValue]) {
        guard let conversation = ConversationID(payload: arguments) else { return }
        pendingJoins.leave(conversation)
        guard conversations.remove(conversation) != nil, let outlet, let rooms = namespace.hub.rooms(on: eventLoop)
        else { return }
        leave(conversation, outlet, rooms)
    }

    func leave(_ conversation: ConversationID, _ outlet: RealtimeConnection, _ rooms: LoopRooms) {
        rooms.leave(outlet, topic: .conversation(conversation), wire: namespace.wire)
        namespace.chat.leave(conversation, connection: outlet.id)
    }

    func typing(_ isTyping: Bool, _ arguments: [SocketIOValue]) {
        guard let outlet else { return }
        guard let conversation = ConversationID(payload: arguments) else {
            return refuse(.typing, .missingConversationID, nil)
        }
        guard principal.may(.sendMessages) else { return refuse(.typing, .forbidden, nil) }
        guard conversations.contains(conversation) else {
            // A join that is under way may let it type soon.
            if !pendingJoins.contains(conversation) { refuse(.typing, .notJoined, nil) }
            return
        }
        let typing = Typing(conversation: conversation, app: principal.app, side: .agent, isTyping: isTyping)
        namespace.chat.typing(typing, by: outlet.id)
    }
}
