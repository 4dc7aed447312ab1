import PluginAPI
import Synchronization

/// What plugins contribute to the listener, tagged with its owner so that it can be taken back.
///
/// From all contributions one router is built, and swapped in as a whole: a request sees either the old set or the new
/// one. Requests read it without waiting for a build.
final class RouteTable: Sendable {
    /// The connections that are served, so that websockets end with their routes.
    let connections = ConnectionRegistry()
    private let state = Mutex(State())

    private struct State {
        var contributions: [RouteContribution] = []
        var generation = 0
        var active = ActiveRoutes(contributions: [])
    }

    /// What is served now.
    var current: ActiveRoutes { state.withLock { $0.active } }

    /// Adds routes.
    ///
    /// - Throws: `PluginContextError` naming both plugins, the method and the path if a route is taken.
    func addRoutes(_ declare: (RouteCollection<HTTPContext>) -> Void, by owner: String) throws {
        try add(.routes(RouteDeclaration(owner: owner, declare)))
    }

    /// Adds a middleware to every request whose path is the prefix or lies under it.
    func addMiddleware(
        _ middleware: any MiddlewareProtocol<Request, Response, HTTPContext>,
        under prefix: String,
        by owner: String
    ) throws {
        try add(.middleware(PrefixMiddleware(prefix: prefix, middleware), owner: owner))
    }

    /// Adds a websocket endpoint.
    ///
    /// - Throws: `PluginContextError` if a path is taken.
    func addWebSocket(_ endpoint: WebSocketEndpoint, by owner: String) throws {
        try add(.webSocket(WebSocketRoute(owner: owner, endpoint: endpoint)))
    }

    /// Takes back everything of a plugin, and closes the websockets that it left open.
    func removeAll(owner: String) async {
        change { contributions in contributions.filter { $0.owner != owner } }
        await connections.closeWebSockets(of: owner)
    }

    private func add(_ contribution: RouteContribution) throws {
        try change { contributions in
            try RouteClash.check(contribution, against: contributions)
            return contributions + [contribution]
        }
    }

    /// Builds outside the lock, as requests need it, and again if somebody else was quicker.
    private func change(_ edit: ([RouteContribution]) throws -> [RouteContribution]) rethrows {
        while true {
            let (contributions, generation) = state.withLock { ($0.contributions, $0.generation) }
            let edited = try edit(contributions)
            let active = ActiveRoutes(contributions: edited)
            let isDone = state.withLock { state in
                guard state.generation == generation else { return false }
                state = State(contributions: edited, generation: generation + 1, active: active)
                return true
            }
            if isDone { return }
        }
    }
}
