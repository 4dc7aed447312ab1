import Metrics
import NIOCore
import NIOEmbedded
import PluginAPI
import Synchronization
import Testing
import WebSocketTesting

@testable import SocketIOPlugin

/// One Socket.IO connection on a loop that is turned by hand.
final class ConnectionBench {
    let loop = EmbeddedEventLoop()
    let channel: EmbeddedChannel
    let handler: NoteHandler
    let core: EndpointCore
    let shared: TransportShared
    var table: TransportTable { shared.table }
    weak var outlet: RealtimeConnection?
    weak var transport: EngineIOHandler?
    weak var connection: SocketIOConnection?

    static let address = "192.0.2.1"

    /// - Parameter connect: what a namespace does before it decides.
    convenience init(
        timings: EngineIOTimings = EngineIOTimings(), namespaces: [String] = ["/client"], refusing: String? = nil,
        shared: TransportShared = ConnectionBench.shared(), connect: @escaping @Sendable () async -> Void = {}
    ) throws {
        let handler = NoteHandler()
        try self.init(timings: timings, shared: shared, handler: handler) { _ in
            namespaces.map { name in
                Namespace(name: name) { _, _ in
                    await connect()
                    if let refusing { throw SocketIORefusal(refusing) }
                    return handler
                }
            }
        }
    }

    init(
        timings: EngineIOTimings = EngineIOTimings(), shared: TransportShared = ConnectionBench.shared(),
        handler: NoteHandler = NoteHandler(), namespaces: (RealtimeHub) -> [Namespace]
    ) throws {
        self.shared = shared
        self.handler = handler
        let hub = RealtimeHub(eventLoops: [loop])
        let rooms = try #require(hub.rooms(on: loop))
        let core = EndpointCore(
            timings: timings, namespaces: namespaces(hub), limits: shared.limits, monitor: shared.monitor,
            eventLoops: loop)
        self.core = core
        channel = EmbeddedChannel(loop: loop)
        let outlet = RealtimeConnection(
            id: ConnectionID(rawValue: "conn"), rooms: rooms, outboundLimit: 1_000_000, isEncrypted: false)
        let transport = EngineIOHandler(
            timings: core.timings, outlet: outlet, rooms: rooms, shared: shared, clientAddress: Self.address)
        try channel.pipeline.syncOperations.addHandlers(outlet, transport)
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 1)).wait()
        let connection = SocketIOConnection(transport: transport, endpoint: core)
        transport.open(connection, timings: core.timings)
        (self.outlet, self.transport, self.connection) = (outlet, transport, connection)
    }

    /// What connections share, with limits of an address.
    static func shared(
        _ rules: AddressLimits.Rules = AddressLimits.Rules(connections: 0, attempts: nil, refusals: nil),
        _ factory: any MetricsFactory = NOOPMetricsHandler.instance
    ) -> TransportShared {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let summary = LogSummary(logger: logger, clock: SystemClock(), eventLoop: EmbeddedEventLoop())
        let monitor = SocketIOMonitor(meters: SocketIOMeters(factory), summary: summary, logger: logger)
        return TransportShared(table: TransportTable(), limits: AddressLimits(rules), monitor: monitor)
    }

    /// Reads the handshake.
    func opened() throws {
        loop.run()
        _ = try sent()
    }

    /// The peer sends binary data.
    func receive(binary: [UInt8]) throws {
        try channel.writeInbound(ByteBuffer(bytes: ClientFrame.binary(binary).bytes))
        loop.run()
    }

    /// The peer sends texts, which arrive in one read.
    func receive(_ texts: String...) throws {
        let bytes = texts.flatMap { ClientFrame.text($0).bytes }
        try channel.writeInbound(ByteBuffer(bytes: bytes))
        loop.run()
    }

    /// The frames that went out since the last call: texts, or `close <code> <reason>`.
    func sent() throws -> [String] {
        var all = ByteBuffer()
        while var bytes = try channel.readOutbound(as: ByteBuffer.self) { all.writeBuffer(&bytes) }
        var frames: [String] = []
        while let head = all.readInteger(as: UInt8.self), let short = all.readInteger(as: UInt8.self) {
            let length = short == 126 ? all.readInteger(as: UInt16.self).map(Int.init) : Int(short)
            guard let length, var payload = all.readSlice(length: length) else { return frames + ["broken"] }
            let isClose = head & 0x0F == 8
            let code = isClose ? payload.readInteger(as: UInt16.self) ?? 0 : 0
            frames.append(isClose ? "close \(code) \(String(buffer: payload))" : String(buffer: payload))
        }
        return frames
    }
}

/// Notes what a namespace is told.
final class NoteHandler: SocketIOHandler {
    let notes = Mutex<[String]>([])

    var all: [String] { notes.withLock { $0 } }

    func joined(_ socket: any SocketIOSocket) { notes.withLock { $0.append("joined") } }

    func received(
        _ event: String,
        _ arguments: [SocketIOValue],
        acknowledge: (@Sendable ([SocketIOValue]) -> Void)?,
        from socket: any SocketIOSocket
    ) {
        notes.withLock { $0.append(event) }
        acknowledge?([.json(["n": 1])])
        acknowledge?([.json(["n": 2])])
        if event == "kick" { socket.disconnect(close: true) }
    }

    func disconnected(_ socket: any SocketIOSocket, reason: String) {
        notes.withLock { $0.append(reason) }
    }
}
