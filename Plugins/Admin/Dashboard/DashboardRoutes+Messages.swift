import PluginAPI

extension DashboardRoutes {
    private static var messageLimits: ClosedRange<Int64> { 1...1_000 }
    private static var defaultMessageLimit: Int64 { 200 }

    func listMessages(_ admin: AdminRequest) async throws -> Response {
        let query = try QueryParameters(admin.request.uri.query)
        let limit = try query.integer("limit") ?? Self.defaultMessageLimit
        let page = try await chat.messages(
            of: admin.conversation, in: admin.scope, createdAfter: query.instant("after"),
            limit: Int(min(max(limit, Self.messageLimits.lowerBound), Self.messageLimits.upperBound)))
        return Response { json in
            json.beginObject()
            json.array("messages", page.messages) { $0.message($1) }
            // The page may have ended before its limit; the next one is asked for by the last one's instant.
            if page.hasMore { json.field("has_more", true) }
            json.endObject()
        }
    }

    /// The text is stored as it was written; how long it may be is the chat's rule.
    func sendMessage(_ admin: AdminRequest) async throws -> Response {
        let body = try await admin.request.jsonObject()
        guard let text = body["body"]?.stringValue, !text.isBlank else {
            throw HTTPFailure(.badRequest, "MISSING_BODY", "Message body is required")
        }
        let message = try await chat.send(
            MessageDraft(localID: nil, body: text), to: admin.conversation, in: admin.scope, as: .agent)
        return Response { json in
            json.beginObject()
            json.key("message")
            json.message(message)
            json.endObject()
        }
    }
}
