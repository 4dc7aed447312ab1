import PluginAPI

extension UserProfile {
    /// Reads a `user` (`http.md` 5).
    init?(reading body: inout ObjectReader) {
        let id = body.string("id", .identifier)
        let name = body.optionalString("name", .shortText)
        let email = body.optionalString("email", .email)
        let attributes = body.optionalObject("attributes") ?? [:]
        if let issue = AttributeLimits.issue(of: attributes, at: body.path(of: "attributes")) { body.report(issue) }
        guard let id else { return nil }
        self.init(id: UserID(id), name: name, email: email, attributes: attributes)
    }
}

/// The body of an identification (`http.md` 6.8).
struct IdentifyBody {
    let user: UserProfile

    init(_ object: JSONObject) throws(HTTPFailure) {
        var body = ObjectReader(object)
        let user = body.nested("user", UserProfile.init(reading:))
        try body.check()
        guard let user else { throw body.failure }
        self.user = user
    }
}
