import PluginAPI

extension TrackedEvent {
    /// Reads the body of an event (`http.md` 6.9); the session is the device's unless it says otherwise.
    init(body object: JSONObject, of device: DeviceIdentity, at now: Timestamp) throws(HTTPFailure) {
        var body = ObjectReader(object)
        let userID = body.string("user_id", .nonEmpty)
        let name = body.string("event_name", .nonEmpty)
        let properties = body.optionalObject("properties")
        let plan = body.optionalString("user_plan")
        let country = body.optionalString("user_country")
        let session = body.optionalString("session_id")
        let platform = body.optionalString("platform")
        let appVersion = body.optionalString("app_version")
        try body.check()
        guard let userID, let name else { throw body.failure }
        self.init(
            device: device, userID: UserID(userID), name: name, properties: properties ?? [:], userPlan: plan,
            userCountry: country, sessionID: session ?? device.device.rawValue, platform: platform,
            appVersion: appVersion, at: now)
    }
}
