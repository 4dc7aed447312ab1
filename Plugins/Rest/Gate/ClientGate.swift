import PluginAPI

/// Lets only apps with a valid key pass, also to paths that do not exist (`http.md` 2): the address's limit, headers,
/// key, the device's limit, and only then the router.
struct ClientGate: RouterMiddleware {
    let prefix: String
    let chat: any Chat
    let limits: RequestLimits
    let logger: Logger

    func handle(
        _ request: Request, context: HTTPContext, next: (Request, HTTPContext) async throws -> Response
    ) async throws -> Response {
        let now = NIODeadline.now()
        var quota = await limits.takeAddress(context.clientAddress, at: now)
        var response: Response
        do {
            try quota?.check()
            var context = context
            if !belongsToOtherWire(request.uri.path) {
                let device = try await authenticate(request)
                context.device = device
                quota = await limits.takeDevice(device, at: .now()) ?? quota
                try quota?.check()
            }
            response = try await next(request, context)
        } catch let failure as HTTPFailure {
            response = failure.response
        } catch let error as ChatError {
            response = answer(to: error, context.logger)
        }
        quota?.write(to: &response.headers)
        return response
    }

    private func authenticate(_ request: Request) async throws -> DeviceIdentity {
        let client = try ClientHeaders(request.headers)
        let claim = ClientClaim(
            device: client.device, key: client.key, deviceSecret: request.headers[.deviceSecret],
            userToken: request.headers[.userToken])
        guard try await chat.admit(claim) else { throw ClientHeaders.refused }
        return client.device
    }

    /// Websocket paths are under the same prefix, but their plugins check who speaks. An upgrade never comes here; a
    /// plain request to them does. No route of this plugin lies there.
    func belongsToOtherWire(_ path: String) -> Bool {
        let rest = path.utf8.dropFirst(prefix.utf8.count)
        return Self.otherWires.contains { wire in
            guard rest.starts(with: wire) else { return false }
            return rest.count == wire.count || rest.dropFirst(wire.count).first == UInt8(ascii: "/")
        }
    }

    private static let otherWires = [Array("/socket.io".utf8), Array("/realtime".utf8)]

    private func answer(to error: ChatError, _ logger: Logger) -> Response {
        let failure = error.httpFailure
        if failure.status.kind == .serverError {
            logger.log(
                level: error.logLevel, "request failed",
                metadata: ["error": .string(error.debugDescription)])
        }
        return failure.response
    }
}
