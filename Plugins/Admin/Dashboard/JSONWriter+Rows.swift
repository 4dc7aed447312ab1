import PluginAPI

// Rows as the dashboard reads them: every field is there, null where there is nothing. Nothing is escaped for HTML;
// that is the page's work.

extension JSONWriter {
    mutating func array<Element>(
        _ name: String, _ elements: [Element], _ write: (inout JSONWriter, Element) -> Void
    ) {
        key(name)
        beginArray()
        for element in elements { write(&self, element) }
        endArray()
    }

    mutating func nullable(_ name: String, _ value: String?) {
        key(name)
        if let value { string(value) } else { null() }
    }

    mutating func nullable(_ name: String, _ value: Timestamp?) {
        key(name)
        if let value { timestamp(value) } else { null() }
    }

    /// Row C of `http.md` 9.2.
    mutating func conversationRow(_ row: ConversationRow, isOnline: Bool) {
        let conversation = row.conversation
        beginObject()
        field("conversation_id", conversation.id)
        nullable("user_id", conversation.userID?.rawValue)
        field("device_id", conversation.device)
        field("status", conversation.status.rawValue)
        field("updated_at", conversation.updatedAt)
        field("created_at", conversation.createdAt)
        field("device_context", conversation.metadata["device_context"] ?? .null)
        lastMessage(row.lastMessage)
        field("is_online", isOnline)
        field("display_name", DisplayName.conversation(conversation))
        endObject()
    }

    /// Row U of `http.md` 9.2.
    mutating func userRow(_ row: UserRow, isOnline: Bool) {
        beginObject()
        field("user_key", row.key.description)
        nullable("user_id", row.key.userID?.rawValue)
        array("device_ids", row.deviceIDs) { $0.string($1.rawValue) }
        field("conversation_count", row.conversationCount)
        field("primary_conversation_id", row.primaryConversation)
        lastMessage(row.lastMessage)
        field("last_seen_at", row.lastSeenAt)
        field("created_at", row.createdAt)
        field("is_online", isOnline)
        field("display_name", DisplayName.person(row.key, name: row.name))
        endObject()
    }

    /// A device of a person; its push token is not shown.
    mutating func device(_ device: Device) {
        beginObject()
        field("device_id", device.identity.device)
        nullable("user_id", device.userID?.rawValue)
        field("platform", device.platform.rawValue)
        nullable("push_token_provider", device.pushTokenProvider?.rawValue)
        nullable("push_token_updated_at", device.pushTokenUpdatedAt)
        field("created_at", device.createdAt)
        field("updated_at", device.updatedAt)
        endObject()
    }

    private mutating func lastMessage(_ message: Message?) {
        nullable("last_message", message?.body)
        nullable("last_sender", message?.sender.rawValue)
        nullable("last_message_at", message?.createdAt)
    }
}

extension UserKey {
    var userID: UserID? {
        if case .user(let id) = self { id } else { nil }
    }

    var deviceID: DeviceID? {
        if case .device(let id) = self { id } else { nil }
    }
}
