import HTTPTypes
import NIOCore
import NIOHTTPTypes
import PluginAPI

/// One request of an HTTP/2 connection, and its answer.
final class HTTP2StreamHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundOut = HTTPResponsePart

    enum Phase {
        case receiving
        /// The request is complete, and the connection has too much waiting to start it.
        case waiting
        /// The request is with its route.
        case responding
        /// The answer leaves in pieces, as its route writes them.
        case streaming
        /// The answer is there and leaves as the peer takes it.
        case sending
        case done
    }

    let connection: HTTP2Connection
    var desk: ConnectionDesk { connection.desk }
    let executor: EventLoopExecutor
    private let peer: String
    private var assembly: RequestAssembly
    private var request: (Request, RequestFacts)?
    var phase = Phase.receiving
    var isRequestEnded = false
    var task: Task<Void, Never>?
    private var timer: TimerWheel.Timer?
    var context: ChannelHandlerContext?

    /// Bytes of the request's body that the connection keeps for this stream.
    private var kept = 0
    /// What this stream counts for among the connection's unsent bytes.
    private var counted = 0
    /// What the decoder below has not been given of the answer.
    var rest = ByteBuffer()
    /// Bytes of the answer that have not left.
    var untaken = 0
    var isSending = false
    /// The last part of the answer was handed over. The stream closes with it, before it has left: whether it does is for
    /// its promise to say.
    var isHandedOver = false
    /// Since the last progress of the answer: when it was, and how many bytes were left.
    var progress = (at: NIODeadline.now(), left: Int.max)
    private let begun = NIODeadline.now()

    init(connection: HTTP2Connection, loop: any EventLoop, peer: String) {
        self.connection = connection
        self.peer = peer
        executor = connection.desk[loop].executor
        assembly = RequestAssembly(bodyLimit: connection.desk.configuration.maxBodyBytes)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        timer = desk[context.eventLoop].timers.makeTimer(for: self)
        rearm()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        stop()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase == .receiving else { return }
        do throws(Refusal) {
            switch unwrapInboundIn(data) {
            case .head(let head): try begin(head, context)
            case .body(let bytes): try keep(bytes)
            case .end: finishRequest(context)
            }
        } catch {
            refuse(error)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        sendMore()
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        stop()
        context.close(promise: nil)
    }

    private func begin(_ head: HTTPRequest, _ context: ChannelHandlerContext) throws(Refusal) {
        let size = head.headerFields.reduce(head.path?.utf8.count ?? 0) {
            $0 + $1.name.rawName.utf8.count + $1.value.utf8.count
        }
        guard size <= desk.configuration.maxHeaderBytes,
            head.headerFields.count <= ListenerConfiguration.maxHeaderFields
        else { throw .headersTooLarge }
        guard let path = head.path.flatMap(RequestTarget.path(of:)) else {
            throw .invalidRequest("Invalid request target")
        }
        var head = head
        head.path = path
        if try assembly.begin(head) == .sendContinue {
            let informational = HTTPResponse(status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(informational)), promise: nil)
        }
    }

    private func keep(_ bytes: ByteBuffer) throws(Refusal) {
        guard connection.mayKeep(bytes.readableBytes) else { throw .tooMuchArriving }
        kept += bytes.readableBytes
        try assembly.append(bytes)
    }

    private func finishRequest(_ context: ChannelHandlerContext) {
        isRequestEnded = true
        guard let (head, body) = assembly.finish() else { return }
        let facts = desk.edge.facts(of: head, peer: peer)
        request = (Request(head: head, body: RequestBody(buffer: body)), facts)
        if connection.mayStart(self) { start() } else { phase = .waiting }
    }

    /// Hands the request to its route; the connection has counted ``HTTP2Connection/reservation`` for it.
    func start() {
        counted = HTTP2Connection.reservation
        guard let (request, facts) = request, let context else { return count(0) }
        self.request = nil
        phase = .responding
        connection.dropped(exchange(&kept, with: 0))
        let sink = NIOLoopBound<any ResponseSink>(self, eventLoop: context.eventLoop)
        task = RequestRun.start(
            request, facts, through: desk.routes.current, on: desk, sink: sink, executor: executor)
    }

    func refuse(_ refusal: Refusal) {
        var head = refusal.head
        desk.edge.finish(&head, desk.edge.facts(ofUnreadable: peer))
        desk.edge.meters?.refused(head.status)
        phase = .responding
        assembly.reset()
        connection.dropped(exchange(&kept, with: 0))
        send(head, body: refusal.body)
    }

    /// What this stream has waiting, in bytes.
    func count(_ unsent: Int) {
        let difference = unsent - exchange(&counted, with: unsent)
        if difference != 0 { connection.changeUnsent(by: difference) }
    }

    func stop() {
        // Once: of a reset errorCaught, channelInactive and handlerRemoved tell, and the second would give back what the
        // route still uses.
        guard context != nil, timer != nil else { return }
        switch phase {
        case .sending where isHandedOver: break
        case .waiting, .responding, .streaming, .sending: desk.edge.meters?.aborted()
        case .receiving, .done: break
        }
        phase = .done
        request = nil
        rest = ByteBuffer()
        timer?.cancel()
        timer = nil
        connection.forget(self)
        connection.dropped(exchange(&kept, with: 0))
        desk.unsent.release(self)
        end(exchange(&task, with: nil))
    }

    /// Until its route has ended, a cancelled request counts: what the route has read is still in memory.
    private func end(_ route: Task<Void, Never>?) {
        guard let route else { return count(0) }
        route.cancel()
        let stream = NIOLoopBound(self, eventLoop: executor.eventLoop)
        Task(executorPreference: executor) { [eventLoop = executor.eventLoop] in
            await route.value
            eventLoop.execute { stream.value.count(0) }
        }
    }
}

/// The deadlines of HTTP/1.1, for one stream.
extension HTTP2StreamHandler: TimerTarget {
    /// How much of an answer must leave within `idleTimeout`, or all that is left of it.
    static let progressStep = 64 * 1024

    private var deadline: NIODeadline? {
        switch phase {
        case .receiving: begun + desk.configuration.requestTimeout
        case .streaming, .sending: progress.at + desk.configuration.idleTimeout
        case .waiting, .responding, .done: nil
        }
    }

    func rearm() {
        if let deadline { timer?.arm(at: deadline) }
    }

    func timerFired(at now: NIODeadline) -> NIODeadline? {
        guard let deadline, deadline <= now else { return deadline }
        if case .receiving = phase {
            refuse(.timeout)
        } else if !connection.stalled(at: now) {
            // The stream alone; the peer may take others.
            context?.close(promise: nil)
        }
        return self.deadline
    }
}
