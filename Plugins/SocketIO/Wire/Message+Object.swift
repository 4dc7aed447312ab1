import PluginAPI

extension Message {
    /// *The* wire message as a value (`http.md` 6.2).
    var wireObject: JSONValue {
        [
            "id": .string(id.rawValue),
            "local_id": .string(localID.rawValue),
            "conversation_id": .string(conversation.rawValue),
            "body": .string(body),
            "sender": .string(sender.rawValue),
            "created_at": .string(createdAt.iso8601),
            "status": .string(status.rawValue),
        ]
    }
}
