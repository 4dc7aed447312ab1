import NIOCore
import PluginAPI

/// The one room that the peer is in.
extension ClientHandler {
    func enter(_ head: ConversationHead) {
        _ = enterRoom(head.conversation.id)
        socket?.send(namespace.replies.conversationJoined(head))
    }

    /// False: the peer is in that room already, or gone.
    func enterRoom(_ conversation: ConversationID) -> Bool {
        guard let outlet, room != conversation, let rooms = namespace.hub.rooms(on: eventLoop) else { return false }
        leaveRoom()
        rooms.join(outlet, topic: .conversation(conversation), wire: namespace.wire)
        room = conversation
        return true
    }

    /// The peer asked to leave: the room, and what it asked to join before.
    func leave(_ conversation: ConversationID) {
        joins.leave(conversation)
        if conversation == room { leaveRoom() }
    }

    func leaveRoom() {
        guard let room, let outlet else { return }
        namespace.hub.rooms(on: eventLoop)?.leave(outlet, topic: .conversation(room), wire: namespace.wire)
        namespace.chat.leave(room, connection: outlet.id)
        self.room = nil
    }

    /// Only those who joined a conversation may type in it.
    func typing(_ isTyping: Bool, in conversation: ConversationID) {
        guard let outlet else { return }
        guard conversation == room else {
            // A join that is under way may let it type soon.
            if !joins.contains(conversation) { refuse(.typing, .notJoined, nil) }
            return
        }
        let typing = Typing(
            conversation: conversation,
            app: device.app,
            side: .user(device.device),
            isTyping: isTyping
        )
        namespace.chat.typing(typing, by: outlet.id)
    }
}
