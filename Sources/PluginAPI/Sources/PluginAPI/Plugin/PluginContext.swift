public import Metrics
import Synchronization

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
    /// What the configuration says carries events between processes.
    public let topology: Topology
    /// Whether the process serves clients. False in a command such as `check`, which may run beside a server: it claims
    /// nothing that a server needs for itself.
    public let isServing: Bool
    /// How connections are told that the process stops; may change while it runs.
    public var shutdown: ShutdownPolicy { policy.withLock { $0 } }
    /// The loops that serve connections. Work that belongs to a connection runs on its loop.
    public let eventLoops: any EventLoopGroup
    /// The time, which tests set.
    public let clock: any WallClock
    /// The rooms of all realtime wires.
    public let hub: RealtimeHub
    /// Where the plugin says that something is missing.
    public let health: PluginHealth
    /// Where to make counters and timers. Make them once and keep them; the same name with the same labels is the same
    /// series. They count from then on, and are seen while the plugin runs: when it stops, the host takes them back, and
    /// a handle that is used later does no harm. A plugin has 1,000 series at most; further ones count nothing, which is
    /// said once in the log.
    public let metrics: any MetricsFactory

    private let host: any PluginHost
    private let provides: [CapabilityName]?
    private let policy: Mutex<ShutdownPolicy>

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
        topology: Topology = .single,
        isServing: Bool = false,
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
        self.topology = topology
        self.isServing = isServing
        policy = Mutex(shutdown)
        self.eventLoops = eventLoops
        self.clock = clock
        self.hub = hub
        self.health = health
        self.metrics = metrics
        self.host = host
        self.provides = provides
    }

    /// For the host: another policy holds from now on.
    public func use(_ shutdown: ShutdownPolicy) { policy.withLock { $0 = shutdown } }
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

    /// The value of a capability that the descriptor lists under `follows`, as it comes and goes.
    ///
    /// - Parameter changed: called with the value now, before this returns, and with each later one, nil for none; one
    ///   call after the other. It must be quick.
    public func follow<Value: Sendable>(
        _ capability: Capability<Value>,
        changed: @escaping @Sendable (Value?) -> Void = { _ in }
    ) -> Followed<Value> {
        let followed = Followed<Value>()
        host.observe(capability.name, by: plugin) { value in
            let value = value as? Value
            followed.set(value)
            changed(value)
        }
        return followed
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

    /// Hears what this node publishes to topics, before its members do: what it says is what other nodes are told. On the
    /// publisher's thread, in the order of publication within a conversation; the handler must be quick and must not
    /// block.
    public func subscribeToPublications(_ handler: @escaping @Sendable (ClusterPublication) -> Void) {
        hub.relay(handler, owner: plugin)
    }

    /// Adds a check to `/readyz`, asked at most once a second; it fails by throwing and is given 2 s.
    public func healthCheck(_ check: @escaping @Sendable () async throws -> Void) {
        host.addHealthCheck(check, by: plugin)
    }

    /// Answers a request of the control socket, which the plugin's own commands make with ``CommandSession/ask(_:_:)``
    /// and an operator with `POST /plugins/<plugin>/<name>`. Only the user that runs the server, and root, reach it.
    /// The last answer of a name counts.
    ///
    /// - Parameter name: lower-case letters, digits and hyphens.
    public func control(_ name: String, _ answer: @escaping ControlAnswer) {
        host.addControl(name, by: plugin, answer)
    }
}

// MARK: Measuring

extension PluginContext {
    /// Every series of this process as it stands, also those made before this plugin started; for plugins that export
    /// metrics. Takes time in proportion to their number: not for an event loop.
    public func readMetrics() -> [MetricReading] { host.readMetrics() }

    /// How the process and its plugins are. May take up to 2 s, as the checks of readiness are asked.
    public func report() async -> ProcessReport { await host.report() }
}

/// A plugin asked its context for what it cannot have. A mistake of the plugin's author or of the configuration.
public struct PluginContextError: Error, Sendable, CustomStringConvertible {
    /// The mistake, in one sentence.
    public let description: String

    /// Makes an error of one sentence.
    public init(_ description: String) { self.description = description }
}
