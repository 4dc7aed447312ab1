import NIOCore
import PluginAPI

/// What lies above Engine.IO on one connection. Called on its event loop.
protocol EngineIOReceiver: AnyObject {
    func textReceived(_ text: ByteBuffer)
    func binaryReceived(_ bytes: ByteBuffer)
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
    private var parser: WebSocketFrameParser
    private var session: EngineIOSession
    private(set) var receiver: (any EngineIOReceiver)?
    private let table: TransportTable
    private var timer: TimerWheel.Timer?
    private var context: ChannelHandlerContext?
    private var isClosing = false

    init(
        timings: EngineIOTimings,
        outlet: RealtimeConnection,
        rooms: LoopRooms,
        table: TransportTable,
        software: KnownSoftware? = nil
    ) {
        self.outlet = outlet
        self.software = software
        self.table = table
        eventLoop = rooms.eventLoop
        parser = WebSocketFrameParser(maxPayload: timings.maxPayload)
        session = EngineIOSession(timings: timings, openedAt: rooms.eventLoop.now)
        timer = rooms.timers.makeTimer(for: self)
    }

    /// Opens the connection: the peer gets the handshake, the receiver what comes after.
    func open(_ receiver: any EngineIOReceiver, timings: EngineIOTimings) {
        self.receiver = receiver
        table.add(self)
        outlet.send(EngineIOOpen.frame(sid: IDGenerator.socketID(), timings: timings))
        if let deadline = session.nextDeadline { timer?.arm(at: deadline) }
    }

    /// The peer has joined something: it is here to stay.
    func joined() {
        session.joined()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end(.transportClose)
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.transportClose)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(.transportError)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        var bytes = unwrapInboundIn(data)
        parser.append(&bytes)
        while !isClosing {
            switch parser.next() {
            case .text(let text): perform(session.textReceived(text, at: eventLoop.now))
            case .binary(let bytes): perform(session.binaryReceived(bytes))
            case .ping(let payload): outlet.send(WebSocketFrameWriter.pong(payload))
            case .pong: continue
            case .close(let code, _): close(.transportClose, frame: WebSocketFrameWriter.close(code: code))
            case .failure(let failure): close(.transportError, frame: WebSocketFrameWriter.close(failure))
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
            close(reason)
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
        case .close(let reason): close(reason)
        case .nothing: return
        }
    }
}

// MARK: Closing

extension EngineIOHandler {
    /// Closes the websocket, saying so to the peer.
    func close(_ reason: CloseReason, frame: ByteBuffer = WebSocketFrameWriter.close(code: WebSocketCloseCode.normal)) {
        guard !isClosing else { return }
        isClosing = true
        end(reason)
        outlet.send(frame)
        context?.close(mode: .all, promise: nil)
    }

    private func end(_ reason: CloseReason) {
        isClosing = true
        session.closed()
        timer?.cancel()
        timer = nil
        guard let receiver else { return }
        table.remove(self)
        self.receiver = nil
        receiver.closed(reason)
    }
}
