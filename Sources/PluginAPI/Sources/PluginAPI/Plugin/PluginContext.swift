public import Metrics

/// Everything a plugin may touch of the process it runs in.
///
/// Whatever a plugin provides or contributes through its context belongs to it: when it stops, or fails to start, the
/// host takes all of it back.
public final class PluginContext: Sendable {
    /// The plugin's name, as in its descriptor.
    public let plugin: String
    /// The plugin's settings, checked against its schema.
    public let settings: Settings
    /// Carries the plugin's name in every line.
    public let logger: Logger
    /// Whether the process refuses to run without the plugin: what is out of reach at its start is then an error.
    public let isRequired: Bool
    /// What the process runs for.
    public let environment: HostEnvironment
    /// How connections are told that the process stops.
    public let shutdown: ShutdownPolicy
    /// The loops that serve connections. Work that belongs to a connection runs on its loop.
    public let eventLoops: any EventLoopGroup
    /// The time, which tests set.
    public let clock: any WallClock
    /// The rooms of all realtime wires.
    public let hub: RealtimeHub
    /// Where the plugin says that something is missing.
    public let health: PluginHealth
    /// Where to make counters and timers; make them once and keep them.
    public let metrics: any MetricsFactory

    private let host: any PluginHost
    private let provides: [CapabilityName]?

    /// For the host.
    ///
    /// - Parameter provides: what the plugin may provide; nil: anything.
    public init(
        plugin: String,
        provides: [CapabilityName]? = nil,
        isRequired: Bool = true,
        settings: Settings,
        logger: Logger,
        environment: HostEnvironment,
        shutdown: ShutdownPolicy,
        eventLoops: any EventLoopGroup,
        clock: any WallClock,
        hub: RealtimeHub,
        health: PluginHealth,
        metrics: any MetricsFactory,
        host: any PluginHost
    ) {
        self.plugin = plugin
        self.settings = settings
        self.isRequired = isRequired
        self.logger = logger
        self.environment = environment
        self.shutdown = shutdown
        self.eventLoops = eventLoops
        self.clock = clock
        self.hub = hub
        self.health = health
        self.metrics = metrics
        self.host = host
        self.provides = provides
    }
}

// MARK: Capabilities

extension PluginContext {
    /// Offers a value to other plugins. Throws ``PluginContextError`` if the descriptor does not list the capability or
    /// another plugin provides it.
    public func provide<Value: Sendable>(_ value: Value, as capability: Capability<Value>) throws {
        guard mayProvide(capability) else {
            throw PluginContextError(
                "plugin \(plugin) provides the capability \"\(capability.name)\", which its descriptor does not list")
        }
        try host.provide(value, as: capability.name, by: plugin)
    }

    /// Whether the descriptor lists the capability for the topology that the configuration states.
    public func mayProvide<Value>(_ capability: Capability<Value>) -> Bool {
        provides?.contains(capability.name) ?? true
    }

    /// The value of a capability that the descriptor lists under `requires`.
    public func require<Value>(_ capability: Capability<Value>) throws -> Value {
        guard let value = find(capability) else {
            throw PluginContextError(
                "plugin \(plugin) needs the capability \"\(capability.name)\", which no running plugin provides")
        }
        return value
    }

    /// The value of a capability that the descriptor lists under `wants`, if it is there.
    public func find<Value>(_ capability: Capability<Value>) -> Value? {
        host.value(of: capability.name) as? Value
    }
}

// MARK: Contributions

extension PluginContext {
    /// Adds routes to the shared HTTP listener, in Hummingbird's own words. A middleware that `declare` adds to the
    /// collection is around its own routes only.
    ///
    /// - Throws: ``PluginContextError`` naming the method, the path and both plugins if a route is taken, also by this
    ///   closure itself.
    public func routes(_ declare: (RouteCollection<HTTPContext>) -> Void) throws {
        try host.addRoutes(declare, by: plugin)
    }

    /// Adds a middleware to every request whose path lies under a prefix, also to those no route answers.
    public func middleware(
        under prefix: String,
        _ middleware: any MiddlewareProtocol<Request, Response, HTTPContext>
    ) throws {
        try host.addMiddleware(middleware, under: prefix, by: plugin)
    }

    /// Adds a websocket endpoint to the shared listener. Throws ``PluginContextError`` if a path is taken.
    public func webSocket(_ endpoint: WebSocketEndpoint) throws {
        try host.addWebSocket(endpoint, by: plugin)
    }

    /// Adds an encoding of events for the connections of a wire.
    public func wire(_ format: any WireFormat) -> WireFormatID {
        hub.add(format, owner: plugin)
    }

    /// Hears every domain event of this node, on the publisher's thread, in the order of publication within a
    /// conversation. The handler must be quick and must not block.
    public func subscribe(_ handler: @escaping @Sendable (DomainEvent) -> Void) {
        hub.subscribe(handler, owner: plugin)
    }

    /// Hears what happened on other nodes and concerns every node: a conversation was opened there, without its metadata.
    /// On the bus's thread; the handler must be quick and must not block.
    public func subscribeToOtherNodes(_ handler: @escaping @Sendable (DomainEvent) -> Void) {
        hub.subscribe(handler, owner: plugin, isForOtherNodes: true)
    }

    /// Adds a check to `/readyz`, asked at most once a second; it fails by throwing and is given 2 s.
    public func healthCheck(_ check: @escaping @Sendable () async throws -> Void) {
        host.addHealthCheck(check, by: plugin)
    }
}

/// How the server is deployed; changes defaults, never the protocol.
public enum HostEnvironment: String, Sendable, CaseIterable {
    /// On a developer's machine, or for real.
    case development, production
}

/// How connections are told that the process stops (`socketio.md` 11).
public struct ShutdownPolicy: Sendable, Hashable {
    /// Between telling the peers and closing their connections.
    public var notice: Duration
    /// Peers are told to reconnect after a time spread evenly over this range, so that they do not come back at once.
    public var reconnectDelay: ClosedRange<Duration>

    /// Makes a policy.
    public init(
        notice: Duration = .seconds(1),
        reconnectDelay: ClosedRange<Duration> = .seconds(1) ... .seconds(10)
    ) {
        self.notice = notice
        self.reconnectDelay = reconnectDelay
    }
}

/// A plugin asked its context for what it cannot have. A mistake of the plugin's author or of the configuration.
public struct PluginContextError: Error, Sendable, CustomStringConvertible {
    /// The mistake, in one sentence.
    public let description: String

    /// Makes an error of one sentence.
    public init(_ description: String) { self.description = description }
}

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
}
