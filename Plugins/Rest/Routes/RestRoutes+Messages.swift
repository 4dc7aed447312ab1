import PluginAPI

extension RestRoutes {
    /// `POST /conversations/:id/messages` (`http.md` 6.2). The limit comes before everything else, but a body that is
    /// no message costs nothing.
    func sendMessage(_ request: Request, _ context: DeviceRequestContext) async throws -> Response {
        let token = try await messageLimiter.admit(context.device)
        let draft: MessageDraft
        do {
            draft = try MessageDraft(body: await request.jsonObject(), localIDs: localIDs)
        } catch {
            messageLimiter.giveBack(context.device, token)
            throw error
        }
        return .message(try await chat.send(draft, to: context.conversation, in: context.scope, as: .user))
    }

    /// `GET /conversations/:id/messages` (`http.md` 6.3).
    func listMessages(_ request: Request, _ context: DeviceRequestContext) async throws -> Response {
        let query = try PageQuery(request.uri.query)
        let page = try await chat.messages(
            of: context.conversation, in: context.scope, createdAfter: query.after, limit: query.limit)
        return .list(page)
    }

    /// `GET /conversations/:id/sync` (`http.md` 6.4).
    func syncMessages(_ request: Request, _ context: DeviceRequestContext) async throws -> Response {
        let query = try PageQuery(request.uri.query)
        let sequence = try query.afterSequence()
        let page = try await chat.messages(
            of: context.conversation, in: context.scope, afterSequence: sequence, limit: query.limit)
        return .sync(page, after: sequence)
    }
}
