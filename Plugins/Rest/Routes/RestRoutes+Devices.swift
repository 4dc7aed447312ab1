import PluginAPI

extension RestRoutes {
    /// `POST /identify` (`http.md` 6.8).
    func identify(_ request: Request, _ context: DeviceRequestContext) async throws -> Response {
        let body = try IdentifyBody(await request.jsonObject())
        try await check(body.user, request, context)
        try await chat.identify(body.user, on: context.device)
        return .success
    }

    /// A user that the body names has to be proven, if the app asks for that.
    func check(_ user: UserProfile?, _ request: Request, _ context: DeviceRequestContext) async throws {
        guard let user else { return }
        try await chat.checkUser(user.id, token: request.headers[.userToken], in: context.device.app)
    }

    /// `POST /events/track` (`http.md` 6.9).
    func trackEvent(_ request: Request, _ context: DeviceRequestContext) async throws -> Response {
        try chat.track(TrackedEvent(body: await request.jsonObject(), of: context.device, at: clock.now))
        return .success
    }

    /// `POST /push-token` (`http.md` 6.10).
    func registerPushToken(_ request: Request, _ context: DeviceRequestContext) async throws -> Response {
        let token = try PushToken(body: await request.jsonObject(), of: context.device)
        try await chat.registerPushToken(token, of: context.device)
        return .success
    }
}
