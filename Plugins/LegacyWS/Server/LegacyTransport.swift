import NIOCore
import PluginAPI

/// One legacy connection over a websocket: frames in, heartbeat, closing; frames out through its
/// ``RealtimeConnection``. Loop-bound.
final class LegacyTransport: ChannelInboundHandler, TimerTarget {
    typealias InboundIn = ByteBuffer

    private enum Phase {
        /// The door decides.
        case deciding(EarlyFrames, Task<Void, Never>?)
        case open(any LegacyPeer)
        /// Our close frame is out; the peer's is waited for.
        case closing
        case closed
    }

    let outlet: RealtimeConnection
    let eventLoop: any EventLoop
    private let desk: LegacyDesk
    private let clientAddress: String
    private var parser: WebSocketFrameParser
    private var heartbeat: LegacyHeartbeat
    private var phase = Phase.deciding(EarlyFrames(), nil)
    private var timer: TimerWheel.Timer?
    private var context: ChannelHandlerContext?
    private var budget: EventBudget?

    init(desk: LegacyDesk, outlet: RealtimeConnection, rooms: LoopRooms, clientAddress: String) {
        self.desk = desk
        self.outlet = outlet
        self.clientAddress = clientAddress
        eventLoop = rooms.eventLoop
        // What a stranger sends has a bound of its own, however much peers may send later.
        parser = WebSocketFrameParser(maxPayload: min(desk.limits.maxPayload, EarlyFrames.mostBytes))
        heartbeat = LegacyHeartbeat(
            pingInterval: desk.limits.pingInterval, staleAfter: desk.limits.staleAfter, openedAt: eventLoop.now)
        timer = rooms.timers.makeTimer(for: self)
    }

    /// Has the door decide on the peer.
    func open(_ door: any LegacyDoor, _ request: LegacyRequest) {
        timer?.arm(at: heartbeat.firstDeadline)
        desk.addresses.opened(clientAddress)
        if let refusal = desk.table.add(self) { return close(refusal) }
        let loopBound = NIOLoopBound(self, eventLoop: eventLoop)
        let (eventLoop, addresses) = (eventLoop, desk.addresses)
        // Ends with the decision, or is cancelled when the connection closes before it.
        let task = Task(executorPreference: desk.executor(of: eventLoop)) {
            let decision: Result<any LegacyPeer, any Error>
            do {
                decision = .success(try await door.admit(request, on: eventLoop))
            } catch {
                decision = .failure(error)
                if (error as? LegacyClose)?.isGuess == true {
                    let delay = addresses.refused(request.clientAddress, at: .now())
                    // Cancelled when the peer is gone, who then hears nothing.
                    if delay > .zero { try? await eventLoop.pause(for: delay) }
                }
            }
            eventLoop.execute { loopBound.value.decided(decision, request) }
        }
        if case .deciding(let early, _) = phase { phase = .deciding(early, task) }
    }

    private func decided(_ decision: Result<any LegacyPeer, any Error>, _ request: LegacyRequest) {
        guard case .deciding(let early, _) = phase else {
            // Gone meanwhile. The peer was made for this connection and must let go of what it holds.
            if case .success(let peer) = decision { peer.closed("transport close") }
            return
        }
        switch decision {
        case .failure(let error):
            let refusal = error as? LegacyClose ?? .unavailable
            desk.monitor.refused(refusal, request)
            close(refusal)
        case .success(let peer):
            phase = .open(peer)
            parser.maxPayload = desk.limits.maxPayload
            peer.opened(self)
            for text in early.frames { received(text) }
            outlet.flush()
        }
    }
}

// MARK: What arrives

extension LegacyTransport {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        parser.append(&bytes)
        while true {
            switch parser.next() {
            // A text in binary clothes is one as well: the old server made no difference.
            case .text(let text), .binary(let text): received(text)
            case .ping(let payload): if !isEnding { outlet.send(WebSocketFrameWriter.pong(payload)) }
            case .pong: noteSignOfLife()
            case .close(let code, _): return closedByPeer(code)
            case .failure(let failure): return close(LegacyClose(failure.closeCode, failure.rawValue))
            case .needMoreData: return
            }
        }
    }

    private func received(_ text: ByteBuffer) {
        switch phase {
        case .deciding(var early, let task):
            guard early.append(text) else { return close(.tooManyEarlyFrames) }
            phase = .deciding(early, task)
        case .open(let peer):
            let message = LegacyMessage(text)
            guard isWithinBudget(message) else { return }
            switch message {
            case .ping:
                noteSignOfLife()
                outlet.send(LegacyReply.pong)
            case .invalidJSON:
                desk.monitor.failed(.invalidJSON)
                outlet.send(LegacyReply.invalidJSON)
            case .meaningless: return
            case .subscribe, .unsubscribe, .typing: peer.received(message)
            }
        case .closing, .closed:
            return
        }
    }

    /// The budget comes into being with the first event, so that a silent connection has none.
    private func isWithinBudget(_ message: LegacyMessage) -> Bool {
        let budget = budget ?? EventBudget(desk.limits.rates)
        self.budget = budget
        switch budget.event(message.kind) {
        case .proceed: return true
        case .drop:
            desk.monitor.failed(.tooManyEvents)
            return false
        case .dropAndComplain:
            desk.monitor.failed(.tooManyEvents)
            outlet.send(LegacyReply.tooManyEvents)
            return false
        }
    }

    private func noteSignOfLife() {
        let now = eventLoop.now
        heartbeat.signOfLife(at: now)
        if case .open(let peer) = phase { peer.showedLife(at: now) }
    }

    func timerFired(at now: NIODeadline) -> NIODeadline? {
        if isEnding {
            context?.close(mode: .all, promise: nil)
            return nil
        }
        switch heartbeat.timerFired(at: now) {
        case .ping(let next):
            outlet.send(WebSocketFrameWriter.ping())
            return next
        case .sleep(let until): return until
        case .terminate:
            desk.monitor.meters.terminated()
            leave("ping timeout", next: .closed)
            context?.close(mode: .all, promise: nil)
            return nil
        case .stale:
            close(.timedOut, reason: "ping timeout")
            return nil
        }
    }
}

// MARK: Closing

extension LegacyTransport {
    /// How long the answer to a close frame is waited for.
    private static let closingPatience = TimeAmount.seconds(2)

    private var isEnding: Bool {
        switch phase {
        case .deciding, .open: false
        case .closing, .closed: true
        }
    }

    /// Says why and closes; the socket goes when the peer has answered, or after two seconds.
    ///
    /// - Parameter reason: what presence is told.
    func close(_ close: LegacyClose, reason: String = "forced close") {
        guard !isEnding else { return }
        desk.monitor.closed(close)
        leave(reason, next: .closing)
        outlet.send(close.frames)
        outlet.flush()
        timer?.arm(at: eventLoop.now + Self.closingPatience)
    }

    private func closedByPeer(_ code: UInt16?) {
        if !isEnding {
            leave("transport close", next: .closing)
            outlet.send(WebSocketFrameWriter.close(code: code))
        }
        context?.close(mode: .all, promise: nil)
    }

    private func leave(_ reason: String, next: Phase) {
        let last = exchange(&phase, with: next)
        switch last {
        case .deciding(_, let task): task?.cancel()
        case .open(let peer): peer.closed(reason)
        case .closing, .closed: break
        }
    }

    private func end() {
        leave("transport close", next: .closed)
        timer?.cancel()
        timer = nil
        guard desk.table.remove(self) else { return }
        desk.addresses.closed(clientAddress)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        leave("transport error", next: .closed)
        context.close(mode: .all, promise: nil)
    }
}
