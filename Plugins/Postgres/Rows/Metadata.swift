import PluginAPI

/// What becomes part of a conversation's metadata (`data-model.md` 2); the statements merge it where it lies.
extension DeviceContext {
    /// What the client says of its device: given details replace older ones, others stay.
    var stored: JSONObject {
        var known: JSONObject = ["platform": .string(platform.rawValue)]
        for (name, value) in details where !value.isNull { known.set(name, value) }
        return known
    }
}

extension UserProfile {
    /// What the app says of its user. Attributes are replaced as a whole, so that they cannot grow for ever.
    var stored: JSONObject {
        var known: JSONObject = ["id": .string(id.rawValue)]
        if let name { known.set("name", .string(name)) }
        if let email { known.set("email", .string(email)) }
        if !attributes.isEmpty { known.set("attributes", .object(attributes)) }
        return known
    }
}
