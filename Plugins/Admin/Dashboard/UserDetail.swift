import PluginAPI

/// All that is known of one person (`http.md` 9.2), gathered from conversations and devices; of someone unknown,
/// nothing.
struct UserDetail {
    let key: UserKey
    /// Latest first.
    let conversations: [ConversationRow]
    let devices: [Device]

    /// What the app said of the user, as of the latest conversation that has it.
    var profile: JSONObject {
        latest("user")?.objectValue ?? [:]
    }

    var deviceContext: JSONValue {
        latest("device_context") ?? .null
    }

    var device: DeviceID? {
        key.deviceID ?? conversations.first?.conversation.device ?? devices.first?.identity.device
    }

    var deviceIDs: Set<DeviceID> {
        Set(conversations.map(\.conversation.device)).union(devices.map(\.identity.device))
    }

    var createdAt: Timestamp? {
        (conversations.map(\.conversation.createdAt) + devices.map(\.createdAt)).min()
    }

    var lastSeenAt: Timestamp? {
        (conversations.map(\.conversation.updatedAt) + devices.map(\.updatedAt)).max()
    }

    private func latest(_ name: String) -> JSONValue? {
        conversations.lazy.compactMap { $0.conversation.metadata.present(name) }.first
    }
}

extension JSONWriter {
    mutating func userDetail(_ detail: UserDetail, isOnline: Bool) {
        let profile = detail.profile
        let name = profile["name"]?.stringValue
        beginObject()
        field("user_key", detail.key.description)
        nullable("user_id", (detail.key.userID ?? detail.conversations.first?.conversation.userID)?.rawValue)
        nullable("device_id", detail.device?.rawValue)
        field("display_name", DisplayName.person(detail.key, name: name))
        nullable("name", name)
        nullable("email", profile["email"]?.stringValue)
        field("attributes", profile["attributes"]?.objectValue ?? [:])
        field("device_context", detail.deviceContext)
        array("devices", detail.devices) { $0.device($1) }
        nullable("created_at", detail.createdAt)
        nullable("last_seen_at", detail.lastSeenAt)
        field("is_online", isOnline)
        endObject()
    }
}
