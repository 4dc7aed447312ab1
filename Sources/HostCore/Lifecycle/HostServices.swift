import PluginAPI

/// What plugins contribute, each thing tagged with its owner so that all of it can be taken back.
final class HostServices: PluginHost {
    let capabilities = CapabilityRegistry()
    let routes: RouteTable
    let checks: HealthChecks
    let controls = ControlTable()
    let metrics = MetricsRegistry()
    let readiness: Readiness
    let hub: RealtimeHub

    init(routes: RouteTable, hub: RealtimeHub, checks: HealthChecks = HealthChecks()) {
        self.routes = routes
        self.checks = checks
        self.hub = hub
        readiness = Readiness(checks: checks)
    }

    func provide(_ value: any Sendable, as capability: CapabilityName, by plugin: String) throws {
        try capabilities.provide(value, as: capability, by: plugin)
        if capability == Capability<any Bus>.bus.name, let bus = value as? any Bus { hub.use(bus) }
    }

    func value(of capability: CapabilityName) -> (any Sendable)? {
        capabilities.value(of: capability)
    }

    func addRoutes(_ declare: (RouteCollection<HTTPContext>) -> Void, by plugin: String) throws {
        try routes.addRoutes(declare, by: plugin)
    }

    func addMiddleware(
        _ middleware: any MiddlewareProtocol<Request, Response, HTTPContext>,
        under prefix: String,
        by plugin: String
    ) throws {
        try routes.addMiddleware(middleware, under: prefix, by: plugin)
    }

    func addWebSocket(_ endpoint: WebSocketEndpoint, by plugin: String) throws {
        try routes.addWebSocket(endpoint, by: plugin)
    }

    func addHealthCheck(_ check: @escaping @Sendable () async throws -> Void, by plugin: String) {
        checks.add(check, by: plugin)
    }

    func observe(
        _ capability: CapabilityName, by plugin: String, _ changed: @escaping @Sendable ((any Sendable)?) -> Void
    ) {
        capabilities.observe(capability, by: plugin, changed)
    }

    func addControl(_ name: String, by plugin: String, _ answer: @escaping ControlAnswer) {
        controls.add(name, by: plugin, answer)
    }

    func readMetrics() -> [MetricReading] { metrics.read() }

    func report() async -> ProcessReport { ProcessReport(await readiness.report()) }

    /// Lets nobody new in to a plugin that is about to end, and waits for its requests under way.
    func withdraw(_ plugin: String, isReturning: Bool, until deadline: NIODeadline) async {
        await routes.withdraw(owner: plugin, isReturning: isReturning, until: deadline)
    }

    /// Takes back everything that a plugin contributed and closes the websockets that it left open.
    func takeBack(from plugin: String) async {
        metrics.removeAll(owner: plugin)
        if capabilities.owner(of: Capability<any Bus>.bus.name) == plugin { hub.use(nil) }
        capabilities.removeAll(owner: plugin)
        await routes.removeAll(owner: plugin)
        checks.removeAll(owner: plugin)
        controls.removeAll(owner: plugin)
        hub.removeAll(owner: plugin)
    }
}
