import PluginAPI

extension TrackedEvent {
    /// Reads the body of an event (`http.md` 6.9); the session is the device's unless it says otherwise.
    init(body object: JSONObject, of device: DeviceIdentity, at now: Timestamp) throws(HTTPFailure) {
        var body = ObjectReader(object)
        let userID = body.string("user_id", .identifier)
        let name = body.string("event_name", .identifier)
        let properties = Self.text(of: body.optionalObject("properties"), &body)
        let plan = body.optionalString("user_plan")
        let country = body.optionalString("user_country")
        let session = body.optionalString("session_id")
        let platform = body.optionalString("platform")
        let appVersion = body.optionalString("app_version")
        try body.check()
        guard let userID, let name else { throw body.failure }
        self.init(
            device: device, userID: UserID(userID), name: name, properties: properties, userPlan: plan,
            userCountry: country, sessionID: session ?? device.device.rawValue, platform: platform,
            appVersion: appVersion, at: now)
    }

    private static func text(of properties: JSONObject?, _ body: inout ObjectReader) -> String {
        guard let properties, !properties.isEmpty else { return "{}" }
        if properties.keysHoldNUL {
            body.report(.custom("Keys must not hold U+0000", at: body.path(of: "properties")))
        }
        let text = JSONValue.object(properties).description
        if text.utf8.count > TextBounds.propertiesBytes {
            let limit = "Must not be larger than \(TextBounds.propertiesBytes) bytes"
            body.report(.custom(limit, at: body.path(of: "properties")))
        }
        return text
    }
}
