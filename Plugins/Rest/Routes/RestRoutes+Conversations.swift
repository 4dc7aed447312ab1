import PluginAPI

extension RestRoutes {
    /// `POST /conversations` (`http.md` 6.1).
    func openConversation(_ request: Request, _ context: DeviceRequestContext) async throws -> Response {
        let body = try OpenConversationBody(await request.jsonObject())
        try await check(body.user, request, context)
        let conversation = try await chat.openConversation(
            for: context.device, user: body.user, deviceContext: body.deviceContext)
        return .conversation(conversation)
    }
}
