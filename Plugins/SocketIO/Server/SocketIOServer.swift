import HTTPTypes
import NIOCore
import PluginAPI

/// Opens endpoints on the shared listener.
final class SocketIOServer: SocketIOServing {
    private let hub: RealtimeHub
    private let eventLoops: any EventLoopGroup
    private let outboundLimit: Int
    private let logger: Logger
    private let transports = TransportTable()

    init(context: PluginContext, outboundLimit: Int) {
        hub = context.hub
        eventLoops = context.eventLoops
        logger = context.logger
        self.outboundLimit = outboundLimit
    }

    func open(_ endpoint: SocketIOEndpoint, for context: PluginContext) throws {
        let namespaces = endpoint.namespaces.map(Namespace.init)
        let core = EndpointCore(timings: endpoint.timings, namespaces: namespaces, eventLoops: eventLoops)
        try open(core, paths: endpoint.paths, for: context)
    }

    func open(_ endpoint: EngineIOEndpoint, for context: PluginContext) throws {
        try contribute(paths: [endpoint.path], timings: endpoint.timings, for: context) { transport, _ in
            BareReceiver(transport: transport, received: endpoint.received)
        }
    }

    func open(_ core: EndpointCore, paths: [String], for context: PluginContext) throws {
        try contribute(paths: paths, timings: core.timings, for: context) { transport, _ in
            let connection = SocketIOConnection(transport: transport, endpoint: core)
            core.connections.add(connection)
            return connection
        }
    }

    /// Closes the connections of every endpoint, and those that are just being opened.
    func closeAll() { transports.closeAll() }

    private func contribute(
        paths: [String],
        timings: EngineIOTimings,
        for context: PluginContext,
        receiver: @escaping @Sendable (EngineIOHandler, any EventLoop) -> any EngineIOReceiver
    ) throws {
        let endpoint = WebSocketEndpoint(paths: paths) { upgrade in
            let refusal = EngineIOHandshake.check(method: "GET", query: upgrade.query, isUpgrade: true)
            return refusal.map { .refuse(.badRequest, body: $0.message) } ?? .accept()
        } install: { [hub, outboundLimit, logger, transports] channel, _ in
            guard let rooms = hub.rooms(on: channel.eventLoop) else { throw ChannelError.operationUnsupported }
            let outlet = RealtimeConnection(
                id: ConnectionID(rawValue: IDGenerator.connection()),
                rooms: rooms,
                outboundLimit: outboundLimit
            ) { failure in
                logger.debug("A connection was given up", metadata: ["reason": "\(failure)"])
            }
            let transport = EngineIOHandler(timings: timings, outlet: outlet, rooms: rooms)
            try channel.pipeline.syncOperations.addHandlers(outlet, transport)
            transport.open(receiver(transport, channel.eventLoop), timings: timings)
            transports.add(transport, on: channel)
        }
        try context.webSocket(endpoint)
        try context.routes { router in
            for path in paths {
                for method in [HTTPRequest.Method.get, .post] {
                    router.on(RouterPath(path), method: method) { request, _ in
                        Self.refuse(method: method, query: request.uri.query ?? "")
                    }
                }
            }
        }
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
