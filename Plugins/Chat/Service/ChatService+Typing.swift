import PluginAPI

extension ChatService {
    func typing(_ typing: Typing, by connection: ConnectionID) {
        desk.typing(typing, by: connection)
    }

    func leave(_ conversation: ConversationID, connection: ConnectionID) {
        desk.leave(conversation, connection: connection)
    }
}
