import PluginAPI

/// One thing that a plugin added.
enum RouteContribution: Sendable {
    case routes(RouteDeclaration)
    case middleware(PrefixMiddleware, owner: String)
    case webSocket(WebSocketRoute)

    var owner: String {
        switch self {
        case .routes(let declaration): declaration.owner
        case .middleware(_, let owner): owner
        case .webSocket(let route): route.owner
        }
    }
}

/// A plugin's routes: the closure that declares them, and what it declared when it was tried out.
struct RouteDeclaration: Sendable {
    let owner: String
    let declare: @Sendable (Router<HTTPContext>) -> Void
    let routes: [RoutePattern]
    /// The closure added middlewares to the router itself. They are meant for its own routes, so it gets a router of
    /// its own; the shared one would give them to everybody's.
    let hasOwnMiddleware: Bool

    init(owner: String, _ declare: @escaping @Sendable (Router<HTTPContext>) -> Void) {
        self.owner = owner
        self.declare = declare
        let router = Router(context: HTTPContext.self)
        declare(router)
        routes = router.routes.map { RoutePattern(path: $0.path, method: $0.method) }
        hasOwnMiddleware = !(router.middlewares.constructResponder(finalResponder: Probe()) is Probe)
    }

    /// Comes back unchanged from a router without middlewares.
    private struct Probe: HTTPResponder {
        func respond(to request: Request, context: HTTPContext) async throws -> Response { Response(status: .ok) }
    }
}

/// A websocket endpoint and its plugin. The same endpoint contributed again is another route.
final class WebSocketRoute: Sendable {
    let owner: String
    let endpoint: WebSocketEndpoint

    init(owner: String, endpoint: WebSocketEndpoint) {
        self.owner = owner
        self.endpoint = endpoint
    }

    /// A path in the form in which endpoints are looked up: without a slash at the end.
    static func key(_ path: String) -> String {
        path.utf8.count > 1 && path.utf8.last == UInt8(ascii: "/") ? String(path.dropLast()) : path
    }
}
