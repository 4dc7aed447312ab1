import PluginAPI

extension PushToken {
    /// Reads the body of a registration (`http.md` 6.10). The device it names must be the one that speaks, or one
    /// client could redirect another's notifications.
    init(body object: JSONObject, of device: DeviceIdentity) throws(HTTPFailure) {
        var body = ObjectReader(object)
        let token = body.string("token", .pushToken)
        let platform = body.choice("platform", of: [Platform.android, .ios])
        let named = body.string("device_id", .identifier)
        if let named, named != device.device.rawValue {
            body.report(.custom("device_id must equal the X-Device-Id header", at: body.path(of: "device_id")))
        }
        try body.check()
        guard let token, let platform else { throw body.failure }
        self.init(token: token, provider: platform == .ios ? .apns : .fcm, platform: platform)
    }
}
