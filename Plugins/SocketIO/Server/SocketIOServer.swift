import HTTPTypes
import NIOCore
import PluginAPI

/// Opens endpoints on the shared listener.
final class SocketIOServer: SocketIOServing {
    private let hub: RealtimeHub
    private let eventLoops: any EventLoopGroup
    private let outboundLimit: Int
    let shared: TransportShared

    init(context: PluginContext, outboundLimit: Int, limits: AddressLimits.Rules) {
        hub = context.hub
        eventLoops = context.eventLoops
        self.outboundLimit = outboundLimit
        let meters = SocketIOMeters(context.metrics)
        let summary = LogSummary(
            logger: context.logger, clock: context.clock, eventLoop: context.eventLoops.next())
        shared = TransportShared(
            table: TransportTable { meters.connections.record($0) }, limits: AddressLimits(limits),
            monitor: SocketIOMonitor(meters: meters, summary: summary, logger: context.logger))
    }

    func open(_ endpoint: SocketIOEndpoint, for context: PluginContext) throws {
        let core = core(endpoint.timings, endpoint.namespaces.map(Namespace.init))
        try open(core, paths: endpoint.paths, for: context)
    }

    /// What the connections of a new endpoint share.
    func core(_ timings: EngineIOTimings, _ namespaces: [Namespace]) -> EndpointCore {
        EndpointCore(
            timings: timings, namespaces: namespaces, limits: shared.limits, monitor: shared.monitor,
            eventLoops: eventLoops)
    }

    func open(_ endpoint: EngineIOEndpoint, for context: PluginContext) throws {
        try contribute(paths: [endpoint.path], timings: endpoint.timings, for: context) { transport, _ in
            BareReceiver(transport: transport, received: endpoint.received)
        }
    }

    /// - Parameter software: what the client of an upgrade runs, if that is to be noted.
    func open(
        _ core: EndpointCore,
        paths: [String],
        for context: PluginContext,
        software: @escaping @Sendable (WebSocketEndpoint.Upgrade) -> KnownSoftware? = { _ in nil }
    ) throws {
        try contribute(paths: paths, timings: core.timings, for: context, software: software) { transport, _ in
            SocketIOConnection(transport: transport, endpoint: core)
        }
    }

    /// Calls the body for every connection of an endpoint, on its loop, and returns how many there are.
    func connections(of core: EndpointCore, _ body: @escaping @Sendable (SocketIOConnection) -> Void) async -> Int {
        await shared.table.count { transport in
            guard let connection = transport.receiver as? SocketIOConnection, connection.endpoint === core else {
                return false
            }
            body(connection)
            return true
        }
    }

    /// Calls the body for every connection of an endpoint, on its loop, in the order of the calls; returns at once.
    func eachConnection(of core: EndpointCore, _ body: @escaping @Sendable (SocketIOConnection) -> Void) {
        shared.table.each { transport in
            if let connection = transport.receiver as? SocketIOConnection, connection.endpoint === core {
                body(connection)
            }
        }
    }

    /// Closes the connections of every endpoint, and those that are just being opened.
    func closeAll() { shared.table.closeAll() }

    /// Writes to the log what was only counted so far.
    func stop() {
        closeAll()
        shared.monitor.close()
    }

    private func contribute(
        paths: [String],
        timings: EngineIOTimings,
        for context: PluginContext,
        software: @escaping @Sendable (WebSocketEndpoint.Upgrade) -> KnownSoftware? = { _ in nil },
        receiver: @escaping @Sendable (EngineIOHandler, any EventLoop) -> any EngineIOReceiver
    ) throws {
        let endpoint = WebSocketEndpoint(paths: paths) { [shared] upgrade in
            Self.decide(upgrade, shared)
        } install: { [hub, outboundLimit, shared] channel, upgrade in
            guard let rooms = hub.rooms(on: channel.eventLoop) else { throw ChannelError.operationUnsupported }
            let outlet = RealtimeConnection(
                id: ConnectionID(rawValue: IDGenerator.connection()),
                rooms: rooms,
                outboundLimit: outboundLimit,
                isEncrypted: upgrade.isEncrypted
            )
            let transport = EngineIOHandler(
                timings: timings, outlet: outlet, rooms: rooms, shared: shared,
                clientAddress: upgrade.clientAddress, software: software(upgrade))
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(outlet)
            try pipeline.addHandler(transport)
            transport.open(receiver(transport, channel.eventLoop), timings: timings)
        }
        try context.webSocket(endpoint)
        try context.routes { router in
            for path in paths {
                for method in [HTTPRequest.Method.get, .post, .put, .patch, .delete] {
                    router.on(RouterPath(path), method: method) { request, _ in
                        Self.refuse(method: method, query: request.uri.query ?? "")
                    }
                }
            }
        }
    }

    private static func decide(_ upgrade: WebSocketEndpoint.Upgrade, _ shared: TransportShared)
        -> WebSocketEndpoint.Decision
    {
        if let refusal = EngineIOHandshake.check(method: "GET", query: upgrade.query, isUpgrade: true) {
            shared.monitor.refused(.handshake, from: upgrade.clientAddress)
            return .refuse(.badRequest, body: refusal.message)
        }
        if let refusal = shared.limits.admit(upgrade.clientAddress, at: .now()) {
            shared.monitor.refused(RefusalReason(refusal.excess), from: upgrade.clientAddress)
            return .refuse(refusal)
        }
        return .accept()
    }

    /// What a request gets that is no upgrade (`socketio.md` 1).
    private static func refuse(method: HTTPRequest.Method, query: String) -> Response {
        let refusal = EngineIOHandshake.check(method: method.rawValue, query: query, isUpgrade: false)
        return Response(status: .badRequest, json: ByteBuffer(string: (refusal ?? .badRequest).json))
    }
}

/// What lies above Engine.IO on an endpoint without Socket.IO.
private final class BareReceiver: EngineIOReceiver {
    private let transport: EngineIOHandler
    private let handler: @Sendable (EngineIOMessage, _ reply: @Sendable (EngineIOMessage) -> Void) -> Void

    init(
        transport: EngineIOHandler,
        received: @escaping @Sendable (EngineIOMessage, _ reply: @Sendable (EngineIOMessage) -> Void) -> Void
    ) {
        self.transport = transport
        handler = received
        transport.joined()
    }

    func textReceived(_ text: ByteBuffer) { handler(.text(text), reply) }

    func binaryReceived(_ bytes: ByteBuffer) { handler(.binary(bytes), reply) }

    func pongReceived(at now: NIODeadline) {}

    func closed(_ reason: CloseReason) {}

    private var reply: @Sendable (EngineIOMessage) -> Void {
        let eventLoop = transport.eventLoop
        let transport = NIOLoopBound(transport, eventLoop: eventLoop)
        return { message in
            let send: @Sendable () -> Void = {
                switch message {
                case .text(let text): transport.value.outlet.send(EngineIOPacket(.message, text).frame)
                case .binary(let bytes): transport.value.outlet.send(WebSocketFrameWriter.frame(.binary, bytes))
                }
            }
            if eventLoop.inEventLoop { send() } else { eventLoop.execute(send) }
        }
    }
}
