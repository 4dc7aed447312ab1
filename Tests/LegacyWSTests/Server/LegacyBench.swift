import HTTPTypes
import Metrics
import NIOCore
import NIOEmbedded
import PluginAPI
import Synchronization
import Testing
import WebSocketTesting

@testable import LegacyWSPlugin

/// One legacy connection on a loop that is turned by hand, with a door and a peer that note what they are told.
final class LegacyBench {
    let loop = EmbeddedEventLoop()
    let channel: EmbeddedChannel
    let desk: LegacyDesk
    let door: NoteDoor
    weak var transport: LegacyTransport?
    weak var outlet: RealtimeConnection?

    static let limits = LegacyLimits(
        pingInterval: .seconds(30), staleAfter: .seconds(90), maxPayload: 1_000, outboundLimit: 100_000,
        rates: EventBudget.Rates(eventsPerSecond: 0, burst: 1, typingPerSecond: 0, joinsPerSecond: 0))

    convenience init(
        limits: LegacyLimits = LegacyBench.limits, refusing: LegacyClose? = nil, waits: Bool = false,
        addresses: AddressLimits = AddressLimits(AddressLimits.Rules(connections: 0, attempts: nil, refusals: nil))
    ) throws {
        let door = NoteDoor(refusing: refusing, waits: waits)
        try self.init(limits: limits, addresses: addresses, noteDoor: door) { _, _ in door }
        if !waits { loop.run() }
    }

    /// - Parameters:
    ///   - noteDoor: nil: the door is a real one.
    ///   - query: what the upgrade says.
    init(
        limits: LegacyLimits = LegacyBench.limits,
        addresses: AddressLimits = AddressLimits(AddressLimits.Rules(connections: 0, attempts: nil, refusals: nil)),
        noteDoor: NoteDoor? = nil, query: String = "", door: (RealtimeHub, LegacyMonitor) -> any LegacyDoor
    ) throws {
        let hub = RealtimeHub(eventLoops: [loop])
        let rooms = try #require(hub.rooms(on: loop))
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let monitor = LegacyMonitor(
            meters: LegacyMeters(NOOPMetricsHandler.instance),
            summary: LogSummary(logger: logger, clock: SystemClock(), eventLoop: loop), logger: logger)
        desk = LegacyDesk(limits: limits, addresses: addresses, monitor: monitor, eventLoops: loop)
        self.door = noteDoor ?? NoteDoor(refusing: nil, waits: false)
        channel = EmbeddedChannel(loop: loop)
        let outlet = RealtimeConnection(
            id: ConnectionID(rawValue: "conn_1"), rooms: rooms, outboundLimit: limits.outboundLimit,
            isEncrypted: false)
        let transport = LegacyTransport(
            desk: desk, outlet: outlet, rooms: rooms, clientAddress: "192.0.2.1")
        try channel.pipeline.syncOperations.addHandlers(outlet, transport)
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 1)).wait()
        let upgrade = WebSocketEndpoint.Upgrade(
            request: HTTPRequest(method: .get, scheme: "http", authority: "a", path: "/v1/realtime"),
            path: "/v1/realtime", query: query, clientAddress: "192.0.2.1", isEncrypted: false)
        transport.open(door(hub, monitor), LegacyRequest(upgrade))
        (self.outlet, self.transport) = (outlet, transport)
    }

    var notes: [String] { door.notes.all }

    /// The peer sends bytes, in one read.
    func receive(bytes: some Sequence<UInt8>) throws {
        try channel.writeInbound(ByteBuffer(bytes: bytes))
        loop.run()
    }

    /// The peer sends texts, in one read.
    func receive(_ texts: String...) throws {
        try receive(bytes: texts.flatMap { ClientFrame.text($0).bytes })
    }

    /// What went out since the last call: texts, `ping`, `pong …`, `close <code> <reason>`.
    func sent() throws -> [String] {
        var all = ByteBuffer()
        while var bytes = try channel.readOutbound(as: ByteBuffer.self) { all.writeBuffer(&bytes) }
        var frames: [String] = []
        while all.readableBytes > 0 {
            guard let frame = all.readServerFrame() else { return frames + ["broken"] }
            var payload = frame.payload
            switch frame.opcode {
            case 0x8: frames.append("close \(payload.readInteger(as: UInt16.self) ?? 0) \(String(buffer: payload))")
            case 0x9: frames.append("ping")
            case 0xA: frames.append("pong \(String(buffer: payload))")
            default: frames.append(String(buffer: payload))
            }
        }
        return frames
    }
}

final class Notes: Sendable {
    private let texts = Mutex<[String]>([])
    var all: [String] { texts.withLock { $0 } }
    func add(_ text: String) { texts.withLock { $0.append(text) } }
}

/// Lets everybody in, or nobody, at once or when told.
final class NoteDoor: LegacyDoor {
    let notes = Notes()
    private let refusing: LegacyClose?
    private let waits: Bool
    private let waiting = Mutex<CheckedContinuation<Void, Never>?>(nil)

    init(refusing: LegacyClose?, waits: Bool) {
        self.refusing = refusing
        self.waits = waits
    }

    func admit(_ request: LegacyRequest, on eventLoop: any EventLoop) async throws -> any LegacyPeer {
        if waits {
            await withCheckedContinuation { continuation in waiting.withLock { $0 = continuation } }
        }
        if let refusing { throw refusing }
        return NotePeer(notes)
    }

    /// Lets the one who waits go on.
    func decide() { waiting.withLock { $0.take() }?.resume() }
}

final class NotePeer: LegacyPeer {
    private let notes: Notes

    init(_ notes: Notes) { self.notes = notes }

    func opened(_ transport: LegacyTransport) {
        notes.add("opened")
        transport.outlet.send(LegacyReply.established(transport.outlet.id, notice: nil))
    }

    func received(_ message: LegacyMessage) { notes.add("\(message)") }

    func showedLife(at now: NIODeadline) {}

    func closed(_ reason: String) { notes.add("closed: \(reason)") }
}
