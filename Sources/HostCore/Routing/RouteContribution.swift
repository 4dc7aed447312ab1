import HTTPTypes
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

    /// What it answers: for a websocket, the request that opens it.
    var patterns: [RoutePattern] {
        switch self {
        case .routes(let declaration): declaration.routes.map(\.pattern)
        case .middleware: []
        case .webSocket(let route): route.endpoint.paths.map { RoutePattern(path: RouterPath($0), method: .get) }
        }
    }
}

/// What one closure of a plugin declared.
struct RouteDeclaration: Sendable {
    struct Route: Sendable {
        let pattern: RoutePattern
        let responder: any HTTPResponder<HTTPContext>
    }

    let owner: String
    let routes: [Route]

    init(owner: String, use: RouteUse = RouteUse(), _ declare: (RouteCollection<HTTPContext>) -> Void) {
        self.owner = owner
        let collection = RouteCollection(context: HTTPContext.self)
        declare(collection)
        let recorder = Recorder()
        recorder.addRoutes(collection)
        routes = recorder.routes.map { route in
            Route(pattern: route.pattern, responder: CountedResponder(route: route.responder, use: use))
        }
    }

    /// Declares the routes on a router. It stops the process at a route that it has: ``RouteClash`` comes first.
    func add(to router: Router<HTTPContext>) {
        for route in routes { router.on(route.pattern.path, method: route.pattern.method, responder: route.responder) }
    }

    /// Takes routes down, the same one twice too.
    private final class Recorder: RouterMethods {
        typealias Context = HTTPContext

        private(set) var routes: [Route] = []

        func on<Responder: HTTPResponder>(
            _ path: RouterPath,
            method: HTTPRequest.Method,
            responder: Responder
        ) -> Self where Responder.Context == HTTPContext {
            routes.append(Route(pattern: RoutePattern(path: path, method: method), responder: responder))
            return self
        }

        func add(middleware: any MiddlewareProtocol<Request, Response, HTTPContext>) -> Self { self }
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
        path.utf8.count > 1 && path.utf8.last == UInt8(ascii: "/") ? String(Substring(path.utf8.dropLast())) : path
    }
}
