import PluginAPI

/// All that is known of one person (`http.md` 9.2), gathered from conversations and devices; of someone unknown,
/// nothing.
struct UserDetail {
    let key: UserKey
    /// What the conversations say; nil: there are none.
    let summary: PersonSummary?
    let devices: [Device]

    /// What the app said of the user.
    var profile: JSONObject {
        summary?.metadata["user"]?.objectValue ?? [:]
    }

    var deviceContext: JSONValue {
        summary?.metadata["device_context"] ?? .null
    }

    var device: DeviceID? {
        key.deviceID ?? summary?.device ?? devices.first?.identity.device
    }

    var deviceIDs: Set<DeviceID> {
        Set(devices.map(\.identity.device)).union(summary?.deviceIDs ?? [])
    }

    var createdAt: Timestamp? {
        (devices.map(\.createdAt) + [summary?.createdAt].compactMap { $0 }).min()
    }

    var lastSeenAt: Timestamp? {
        (devices.map(\.updatedAt) + [summary?.updatedAt].compactMap { $0 }).max()
    }
}

extension JSONWriter {
    mutating func userDetail(_ detail: UserDetail, isOnline: Bool) {
        let profile = detail.profile
        let name = profile["name"]?.stringValue
        beginObject()
        field("user_key", detail.key.description)
        nullable("user_id", detail.key.userID?.rawValue)
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
