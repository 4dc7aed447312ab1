import PluginAPI

/// What is served at one time. Never changes; the table replaces it.
final class ActiveRoutes: Sendable {
    let responder: RouterResponder<HTTPContext>
    private let webSockets: [String: WebSocketRoute]
    /// Routes and middlewares, to see that none is left behind.
    let contributionCount: Int

    /// - Parameter suspended: routes of plugins that are being restarted.
    init(contributions: [RouteContribution], suspended: [RoutePattern] = []) {
        var declarations: [RouteDeclaration] = []
        var middlewares: [PrefixMiddleware] = []
        var webSockets: [String: WebSocketRoute] = [:]
        for contribution in contributions {
            switch contribution {
            case .routes(let declaration): declarations.append(declaration)
            case .middleware(let middleware, _): middlewares.append(middleware)
            case .webSocket(let route):
                for path in route.endpoint.paths { webSockets[WebSocketRoute.key(path)] = route }
            }
        }
        self.webSockets = webSockets
        contributionCount = declarations.reduce(middlewares.count) { $0 + $1.routes.count }
        responder = Self.responder(declarations, middlewares, suspended)
    }

    /// The endpoint at a path, with or without a slash at its end.
    func webSocket(at path: String) -> WebSocketRoute? { webSockets[WebSocketRoute.key(path)] }

    private static func responder(
        _ declarations: [RouteDeclaration],
        _ middlewares: [PrefixMiddleware],
        _ suspended: [RoutePattern]
    ) -> RouterResponder<HTTPContext> {
        let router = Router(context: HTTPContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: ErrorAnswers())
        // The wider the prefix, the further out: what looks at all requests sees also what others refuse.
        let inward = middlewares.enumerated().sorted { left, right in
            (left.element.prefix.utf8.count, left.offset) < (right.element.prefix.utf8.count, right.offset)
        }
        for (_, middleware) in inward { router.add(middleware: middleware) }
        for declaration in declarations { declaration.add(to: router) }
        // A middleware is only around what is added after it: this one is around the answer to unknown paths alone.
        router.add(
            middleware: Unmatched(routes: declarations.flatMap(\.routes).map(\.pattern), suspended: suspended))
        return router.buildResponder()
    }
}
