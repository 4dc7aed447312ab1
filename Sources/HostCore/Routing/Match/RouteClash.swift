import PluginAPI

/// Finds what two contributions cannot both have. The router itself would stop the process.
enum RouteClash {
    /// - Throws: `PluginContextError` naming both plugins and what they both want.
    static func check(_ contribution: RouteContribution, against others: [RouteContribution]) throws {
        switch contribution {
        case .routes(let declaration): try check(declaration, against: others)
        case .middleware(let middleware, let owner):
            guard middleware.prefix.isEmpty || middleware.prefix.utf8.first == UInt8(ascii: "/") else {
                throw PluginContextError("plugin \(owner): the prefix \"\(middleware.prefix)\" must begin with a slash")
            }
        case .webSocket(let route): try check(route, against: others)
        }
    }

    private static func check(_ declaration: RouteDeclaration, against others: [RouteContribution]) throws {
        var owners: [String: String] = [:]
        for case .routes(let other) in others {
            for route in other.routes { owners[key(route.pattern)] = other.owner }
        }
        for route in declaration.routes.map(\.pattern) {
            if let owner = owners.updateValue(declaration.owner, forKey: key(route)) {
                let reason = owner == declaration.owner ? "it has it already" : "plugin \(owner) has it"
                throw PluginContextError(
                    "plugin \(declaration.owner) cannot have the route \(route.method) \(route.path): \(reason)")
            }
        }
        try validate(declaration, with: others)
    }

    private static func check(_ route: WebSocketRoute, against others: [RouteContribution]) throws {
        var owners: [String: String] = [:]
        for case .webSocket(let other) in others {
            for path in other.endpoint.paths { owners[WebSocketRoute.key(path)] = other.owner }
        }
        for path in route.endpoint.paths {
            guard path.utf8.first == UInt8(ascii: "/") else {
                throw PluginContextError(
                    "plugin \(route.owner): the websocket path \"\(path)\" must begin with a slash")
            }
            if let owner = owners.updateValue(route.owner, forKey: WebSocketRoute.key(path)) {
                throw PluginContextError(
                    "plugin \(route.owner) cannot have the websocket path \(path): plugin \(owner) has it")
            }
        }
    }

    private static func key(_ route: RoutePattern) -> String { "\(route.method) /\(route.shape)" }

    /// The router's own check: it refuses parameters at one place of a path that have different names.
    private static func validate(_ declaration: RouteDeclaration, with others: [RouteContribution]) throws {
        let router = Router(context: HTTPContext.self)
        var owners: [String] = []
        for case .routes(let other) in others {
            other.add(to: router)
            owners.append(other.owner)
        }
        declaration.add(to: router)
        do {
            try router.validate()
        } catch {
            let others = owners.isEmpty ? "" : " (routes so far are of \(owners.joined(separator: ", ")))"
            throw PluginContextError(
                "plugin \(declaration.owner) declares routes that hide each other: \(error)\(others)")
        }
    }
}
