/// The host, as contexts see it. Only the host implements it; it may grow.
public protocol PluginHost: Sendable {
    /// Keeps a value for other plugins. Throws ``PluginContextError`` if somebody provides the capability already.
    func provide(_ value: any Sendable, as capability: CapabilityName, by plugin: String) throws
    /// The value of a capability; nil if no running plugin provides it.
    func value(of capability: CapabilityName) -> (any Sendable)?
    /// Adds routes. Throws ``PluginContextError`` if one is taken.
    func addRoutes(_ declare: (RouteCollection<HTTPContext>) -> Void, by plugin: String) throws
    /// Adds a middleware to the requests under a prefix.
    func addMiddleware(
        _ middleware: any MiddlewareProtocol<Request, Response, HTTPContext>,
        under prefix: String,
        by plugin: String
    ) throws
    /// Adds a websocket endpoint. Throws ``PluginContextError`` if a path is taken.
    func addWebSocket(_ endpoint: WebSocketEndpoint, by plugin: String) throws
    /// Adds a check to readiness.
    func addHealthCheck(_ check: @escaping @Sendable () async throws -> Void, by plugin: String)
    /// Calls the handler with the capability's value now and with each later one; nil: nobody provides it.
    func observe(
        _ capability: CapabilityName, by plugin: String, _ changed: @escaping @Sendable ((any Sendable)?) -> Void)
    /// Adds an answer to the control socket.
    func addControl(_ name: String, by plugin: String, _ answer: @escaping ControlAnswer)
    /// Every series of this process, by owner and in the order of their start.
    func readMetrics() -> [MetricReading]
    /// How the process and its plugins are; asks the checks of readiness.
    func report() async -> ProcessReport
}

/// A host whose plugins do not change, and that nobody asks or measures.
extension PluginHost {
    /// Calls the handler once.
    public func observe(
        _ capability: CapabilityName, by plugin: String, _ changed: @escaping @Sendable ((any Sendable)?) -> Void
    ) {
        changed(value(of: capability))
    }

    /// Forgets it: there is no control socket.
    public func addControl(_ name: String, by plugin: String, _ answer: @escaping ControlAnswer) {}

    /// Has no series.
    public func readMetrics() -> [MetricReading] { [] }

    /// Knows of no plugin.
    public func report() async -> ProcessReport { ProcessReport() }
}
