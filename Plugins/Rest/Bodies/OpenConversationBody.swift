import PluginAPI

/// The body of a get-or-create (`http.md` 6.1); everything in it is optional.
struct OpenConversationBody {
    let user: UserProfile?
    let deviceContext: DeviceContext?

    init(_ object: JSONObject) throws(HTTPFailure) {
        var body = ObjectReader(object)
        user = body.optionalNested("user", UserProfile.init(reading:))
        deviceContext = body.optionalNested("device_context", DeviceContext.init(reading:))
        try body.check()
    }
}
