import PluginAPI

extension RestRoutes {
    /// `POST /conversations/:id/messages/status` (`http.md` 6.5).
    func setMessageStatus(_ request: Request, _ context: DeviceRequestContext) async throws -> Response {
        let body = try MessageStatusBody(await request.jsonObject())
        let receipt = try await chat.setStatus(
            body.status, of: body.message, in: context.conversation, scope: context.scope)
        return .receipt(receipt)
    }

    /// `POST /conversations/:id/messages/delivered` (`http.md` 6.6).
    func markDelivered(_ request: Request, _ context: DeviceRequestContext) async throws -> Response {
        let body = try DeliveredBody(await request.jsonObject())
        let receipts = try await chat.markDelivered(body.messages, in: context.conversation, scope: context.scope)
        return .updates(receipts)
    }

    /// `POST /conversations/:id/messages/read` (`http.md` 6.7).
    func markRead(_ request: Request, _ context: DeviceRequestContext) async throws -> Response {
        let body = try ReadBody(await request.jsonObject())
        let receipts = try await chat.markRead(upTo: body.upTo, in: context.conversation, scope: context.scope)
        return .updates(receipts)
    }
}
