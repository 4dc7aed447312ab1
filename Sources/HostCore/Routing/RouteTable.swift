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
        var suspended: [RoutePattern] = []
        var uses: [String: RouteUse] = [:]
        var generation = 0
        var active = ActiveRoutes(contributions: [])
    }

    /// What is served now.
    var current: ActiveRoutes { state.withLock { $0.active } }

    /// Adds routes.
    ///
    /// - Throws: `PluginContextError` naming both plugins, the method and the path if a route is taken.
    func addRoutes(_ declare: (RouteCollection<HTTPContext>) -> Void, by owner: String) throws {
        try add(.routes(RouteDeclaration(owner: owner, use: use(of: owner), declare)))
    }

    /// Adds a middleware to every request whose path is the prefix or lies under it.
    func addMiddleware(
        _ middleware: any MiddlewareProtocol<Request, Response, HTTPContext>,
        under prefix: String,
        by owner: String
    ) throws {
        try add(.middleware(PrefixMiddleware(prefix: prefix, use: use(of: owner), middleware), owner: owner))
    }

    /// Adds a websocket endpoint.
    ///
    /// - Throws: `PluginContextError` if a path is taken.
    func addWebSocket(_ endpoint: WebSocketEndpoint, by owner: String) throws {
        try add(.webSocket(WebSocketRoute(owner: owner, endpoint: endpoint)))
    }

    /// Takes back everything of a plugin, and closes the websockets that it left open.
    func removeAll(owner: String) async {
        remove(owner)
        await connections.closeWebSockets(of: owner)
    }

    /// Takes back everything of a plugin, so that nobody new comes in, and waits for the requests under way, but not
    /// longer than the deadline. Its websockets stay.
    ///
    /// - Parameter isReturning: it is being restarted: until ``endSuspension()`` its paths answer 503 instead of 404.
    func withdraw(owner: String, isReturning: Bool, until deadline: NIODeadline) async {
        let use = use(of: owner)
        remove(owner, isReturning: isReturning)
        _ = await Bounded.run(until: deadline) { await use.untilUnused() }
    }

    /// Whoever was being restarted is back, or will not come back.
    func endSuspension() {
        guard state.withLock({ !$0.suspended.isEmpty }) else { return }
        change { $0.suspended = [] }
    }

    private func remove(_ owner: String, isReturning: Bool = false) {
        change { draft in
            if isReturning {
                for contribution in draft.contributions where contribution.owner == owner {
                    draft.suspended += contribution.patterns
                }
            }
            draft.contributions.removeAll { $0.owner == owner }
        }
        state.withLock { $0.uses[owner] = nil }
    }

    private func use(of owner: String) -> RouteUse {
        state.withLock { state in
            if let use = state.uses[owner] { return use }
            let use = RouteUse()
            state.uses[owner] = use
            return use
        }
    }

    private func add(_ contribution: RouteContribution) throws {
        try change { draft in
            try RouteClash.check(contribution, against: draft.contributions)
            draft.contributions.append(contribution)
        }
    }

    /// Builds outside the lock, as requests need it, and again if somebody else was quicker.
    private func change(_ edit: (inout Draft) throws -> Void) rethrows {
        while true {
            var (draft, generation) = state.withLock { state in
                (Draft(contributions: state.contributions, suspended: state.suspended), state.generation)
            }
            try edit(&draft)
            let active = ActiveRoutes(contributions: draft.contributions, suspended: draft.suspended)
            let isDone = state.withLock { [draft] state in
                guard state.generation == generation else { return false }
                state.contributions = draft.contributions
                state.suspended = draft.suspended
                state.generation += 1
                state.active = active
                return true
            }
            if isDone { return }
        }
    }

    private struct Draft {
        var contributions: [RouteContribution]
        var suspended: [RoutePattern]
    }
}
