import PluginAPI

extension MessageDraft {
    /// Reads the body of a send (`http.md` 6.2). The device context is checked and then ignored.
    init(body object: JSONObject, localIDs: LocalIDForm = .uuid) throws(HTTPFailure) {
        var body = ObjectReader(object)
        let localID = body.string("local_id", localIDs.rule)
        let text = body.string("body", .body)
        _ = body.optionalNested("device_context", DeviceContext.init(reading:))
        try body.check()
        guard let localID, let text else { throw body.failure }
        self.init(localID: LocalMessageID(localID), body: text)
    }
}

/// What clients may call their messages.
enum LocalIDForm: String, Sendable, CaseIterable {
    /// A UUID, as the contract has it.
    case uuid
    /// Any generated id, for load generators and clients that make no UUIDs.
    case token

    var rule: TextRule {
        switch self {
        case .uuid: .uuid
        case .token: .token
        }
    }
}
