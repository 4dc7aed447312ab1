import PluginAPI

/// What a conversation's metadata becomes when something new is known (`data-model.md` 2).
extension JSONObject {
    /// Merges what a client says of its device: given details replace older ones, others stay.
    mutating func merge(_ context: DeviceContext) {
        var known = self["device_context"]?.objectValue ?? JSONObject()
        known.set("platform", .string(context.platform.rawValue))
        for (name, value) in context.details where !value.isNull { known.set(name, value) }
        set("device_context", .object(known))
    }

    /// Merges what an app says of its user. Attributes are replaced as a whole, so that they cannot grow for ever.
    mutating func merge(_ profile: UserProfile) {
        var known = self["user"]?.objectValue ?? JSONObject()
        known.set("id", .string(profile.id.rawValue))
        if let name = profile.name { known.set("name", .string(name)) }
        if let email = profile.email { known.set("email", .string(email)) }
        if !profile.attributes.isEmpty { known.set("attributes", .object(profile.attributes)) }
        set("user", .object(known))
    }
}
