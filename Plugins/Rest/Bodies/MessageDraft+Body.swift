import PluginAPI

extension MessageDraft {
    /// Reads the body of a send (`http.md` 6.2). The device context is checked and then ignored.
    init(body object: JSONObject) throws(HTTPFailure) {
        var body = ObjectReader(object)
        let localID = body.string("local_id", .uuid)
        let text = body.string("body", .length(1...Message.bodyLimit))
        _ = body.optionalNested("device_context", DeviceContext.init(reading:))
        try body.check()
        guard let localID, let text else { throw body.failure }
        self.init(localID: LocalMessageID(localID), body: text)
    }
}
