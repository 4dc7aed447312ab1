extension JSONWriter {
    /// Writes *the* wire message, the seven fields every wire shares (`http.md` 6.2).
    public mutating func message(_ message: Message) {
        beginObject()
        field("id", message.id)
        field("local_id", message.localID)
        field("conversation_id", message.conversation)
        field("body", message.body)
        field("sender", message.sender.rawValue)
        field("created_at", message.createdAt)
        field("status", message.status.rawValue)
        endObject()
    }
}
