import PluginAPI

/// A plugin's middleware, for the paths under its prefix only. What lies behind it answers also where it fails, so that
/// the middleware sees the status that the client gets.
struct PrefixMiddleware: RouterMiddleware {
    typealias Context = HTTPContext

    /// Without a slash at its end; empty is every path.
    let prefix: String
    private let middleware: any MiddlewareProtocol<Request, Response, HTTPContext>
    private let use: RouteUse

    init(
        prefix: String, use: RouteUse = RouteUse(), _ middleware: any MiddlewareProtocol<Request, Response, HTTPContext>
    ) {
        var prefix = prefix[...]
        while prefix.last == "/" { prefix = prefix.dropLast() }
        self.prefix = String(prefix)
        self.middleware = middleware
        self.use = use
    }

    func handle(
        _ request: Request,
        context: HTTPContext,
        next: (Request, HTTPContext) async throws -> Response
    ) async throws -> Response {
        guard covers(request.uri.path) else { return try await next(request, context) }
        use.enter()
        defer { use.leave() }
        return try await middleware.handle(request, context: context) { request, context in
            do {
                return try await next(request, context)
            } catch {
                return ErrorAnswers.answer(to: error, context.logger)
            }
        }
    }

    /// Whether a path is the prefix or lies under it.
    func covers(_ path: String) -> Bool {
        guard path.utf8.starts(with: prefix.utf8) else { return false }
        let rest = path.utf8.dropFirst(prefix.utf8.count)
        return rest.isEmpty || rest.first == UInt8(ascii: "/")
    }
}
