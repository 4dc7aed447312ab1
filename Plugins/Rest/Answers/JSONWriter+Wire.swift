import PluginAPI

extension JSONWriter {
    mutating func array<Element>(
        _ name: String, _ elements: [Element], _ write: (inout JSONWriter, Element) -> Void
    ) {
        key(name)
        beginArray()
        for element in elements { write(&self, element) }
        endArray()
    }

    /// `http.md` 6.1. The metadata is an object even when there is none.
    mutating func conversation(_ conversation: Conversation) {
        beginObject()
        field("id", conversation.id)
        field("visitor_id", conversation.visitorID)
        field("status", conversation.status.rawValue)
        field("created_at", conversation.createdAt)
        field("updated_at", conversation.updatedAt)
        field("metadata", conversation.metadata)
        endObject()
    }

    /// `http.md` 6.4: the wire message with its number and its receipts' times, in this route's order.
    mutating func sequencedMessage(_ message: Message) {
        beginObject()
        field("id", message.id)
        field("local_id", message.localID)
        field("conversation_id", message.conversation)
        field("body", message.body)
        field("sender", message.sender.rawValue)
        field("status", message.status.rawValue)
        field("sequence", message.sequence)
        field("created_at", message.createdAt)
        nullable("delivered_at", message.deliveredAt)
        nullable("read_at", message.readAt)
        endObject()
    }

    /// `http.md` 6.5-6.7. The id is there under both names: clients read `id`, the contract's first form says
    /// `message_id`.
    mutating func receipt(_ receipt: MessageReceipt) {
        beginObject()
        field("id", receipt.message)
        field("message_id", receipt.message)
        field("status", receipt.status.rawValue)
        field("updated_at", receipt.updatedAt)
        endObject()
    }

    private mutating func nullable(_ name: String, _ value: Timestamp?) {
        key(name)
        if let value { timestamp(value) } else { null() }
    }
}
