import NIOCore
import PluginAPI

/// What lies above Engine.IO on one connection. Called on its event loop.
protocol EngineIOReceiver: AnyObject {
    func textReceived(_ text: ByteBuffer)
    func binaryReceived(_ bytes: ByteBuffer)
    /// The peer has answered a ping.
    func pongReceived(at now: NIODeadline)
    /// Called once.
    func closed(_ reason: CloseReason)
}

/// One Engine.IO connection over a websocket: frames in, heartbeat, frames out through its ``RealtimeConnection``.
final class EngineIOHandler: ChannelInboundHandler, TimerTarget {
    typealias InboundIn = ByteBuffer

    let outlet: RealtimeConnection
    let eventLoop: any EventLoop
    /// What the peer runs, where that is noted.
    let software: KnownSoftware?
    /// Where the peer is, or says a trusted proxy that it is.
    let clientAddress: String
    /// What a peer that has joined nothing may send in one message, in bytes.
    static let strangersPayload = 32_768
    private let maxPayload: Int
    private var parser: WebSocketFrameParser
    private var session: EngineIOSession
    private(set) var receiver: (any EngineIOReceiver)?
    private let shared: TransportShared
    private var timer: TimerWheel.Timer?
    private var context: ChannelHandlerContext?
    private var isClosing = false

    init(
        timings: EngineIOTimings,
        outlet: RealtimeConnection,
        rooms: LoopRooms,
        shared: TransportShared,
        clientAddress: String,
        software: KnownSoftware? = nil
    ) {
        self.outlet = outlet
        self.software = software
        self.clientAddress = clientAddress
        self.shared = shared
        eventLoop = rooms.eventLoop
        maxPayload = timings.maxPayload
        parser = WebSocketFrameParser(maxPayload: min(maxPayload, Self.strangersPayload))
        session = EngineIOSession(timings: timings, openedAt: rooms.eventLoop.now)
        timer = rooms.timers.makeTimer(for: self)
    }

    /// Opens the connection: the peer gets the handshake, the receiver what comes after.
    func open(_ receiver: any EngineIOReceiver, timings: EngineIOTimings) {
        self.receiver = receiver
        shared.limits.opened(clientAddress)
        shared.table.add(self)
        outlet.send(EngineIOOpen.frame(sid: IDGenerator.socketID(), timings: timings))
        if let deadline = session.nextDeadline { timer?.arm(at: deadline) }
    }

    /// The peer has joined something: it is here to stay.
    func joined() {
        session.joined()
        parser.maxPayload = maxPayload
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end(outlet.failure == .outboundLimit ? .slowReader : .vanished)
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(outlet.failure == .outboundLimit ? .slowReader : .vanished)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(.channelError)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        parser.append(&bytes)
        if isClosing { return awaitClose() }
        while !isClosing {
            switch parser.next() {
            case .text(let text): perform(session.textReceived(text, at: eventLoop.now))
            case .binary(let bytes): perform(session.binaryReceived(bytes))
            case .ping(let payload): outlet.send(WebSocketFrameWriter.pong(payload))
            case .pong: continue
            case .close(let code, _): close(.byPeer(code))
            case .failure(let failure): close(.invalidFrame(failure))
            case .needMoreData: return
            }
        }
    }

    func timerFired(at now: NIODeadline) -> NIODeadline? {
        switch session.timerFired(at: now) {
        case .sendPing(let checkAt):
            outlet.send(EngineIOPacket.pingFrame)
            return checkAt
        case .sleep(let until):
            return until
        case .close(let reason):
            close(reason == .pingTimeout ? .pingTimeout : .connectTimeout)
            return nil
        case .nothing:
            return nil
        }
    }

    private func perform(_ action: EngineIOSession.PacketAction) {
        switch action {
        case .message(let text): receiver?.textReceived(text)
        case .attachment(let bytes): receiver?.binaryReceived(bytes)
        case .sendPong(let payload): outlet.send(EngineIOPacket(.pong, payload).frame)
        case .close(let reason): close(reason == .parseError ? .notEngineIO : .packet)
        case .pong: receiver?.pongReceived(at: eventLoop.now)
        case .nothing: return
        }
    }
}

// MARK: Closing

extension EngineIOHandler {
    /// Closes the websocket, saying so to the peer.
    func close(_ close: EngineIOClose) {
        guard !isClosing else { return }
        isClosing = true
        end(close)
        outlet.send(close.frame)
        guard close.cause.awaitsPeer, let context else {
            self.context?.close(mode: .all, promise: nil)
            return
        }
        outlet.flush()
        let channel = context.channel
        context.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
    }

    /// How long the answer to a close frame is waited for. A socket that is closed while the peer still sends is reset,
    /// and the peer then may not read why.
    private static let patience = TimeAmount.seconds(2)

    /// Drops what the peer sends until it has read the close frame.
    private func awaitClose() {
        while true {
            switch parser.next() {
            case .close, .failure:
                context?.close(mode: .all, promise: nil)
                return
            case .needMoreData: return
            case .text, .binary, .ping, .pong: continue
            }
        }
    }

    private func end(_ close: EngineIOClose) {
        isClosing = true
        session.closed()
        timer?.cancel()
        timer = nil
        guard let receiver else { return }
        shared.table.remove(self)
        shared.limits.closed(clientAddress)
        shared.monitor.closed(close, from: clientAddress)
        self.receiver = nil
        receiver.closed(close.reason)
    }
}

/// What the connections of all endpoints share.
final class TransportShared: Sendable {
    let table: TransportTable
    let limits: AddressLimits
    let monitor: SocketIOMonitor

    init(table: TransportTable, limits: AddressLimits, monitor: SocketIOMonitor) {
        self.table = table
        self.limits = limits
        self.monitor = monitor
    }
}
