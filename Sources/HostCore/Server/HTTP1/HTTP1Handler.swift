import NIOCore
import NIOHTTP1
import PluginAPI

/// One HTTP/1.1 connection: whole requests in, one at a time, answers out; or its end as HTTP when it becomes a
/// websocket.
///
/// It writes bytes itself, so that the pipeline holds nothing but the decoder and this handler.
final class HTTP1Handler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        /// A request is awaited or arriving.
        case receiving
        /// A request is with its route; nothing is written yet.
        case responding
        /// An answer leaves in pieces.
        case streaming
        /// The last bytes of an answer wait for the peer.
        case flushing
        /// Refused: our side is closed, and what still comes is thrown away, because closing at once would reset the
        /// connection and could take the answer from the peer (RFC 9112 section 9.6).
        case lingering
        /// A websocket now, or closed.
        case done
    }

    let desk: ConnectionDesk
    let decoder: HTTP1RequestDecoder
    /// The decoder's place in the pipeline, before this handler.
    let codec: ByteToMessageHandler<HTTP1RequestDecoder>
    let executor: EventLoopExecutor
    let isSecure: Bool

    var phase = Phase.receiving
    var assembly: RequestAssembly
    /// Parts of further requests that came while one was in flight.
    var waiting = CircularBuffer<HTTPServerRequestPart>()
    /// What is wrong with the bytes behind the request in flight.
    var refusalAfterwards: Refusal?
    var task: Task<Void, Never>?
    var context: ChannelHandlerContext?

    /// Of the request that is arriving or in flight.
    var isKeepAlive = true
    var isHTTP10 = false
    var wantsUpgrade = false
    var framing = HTTP1Framing.length(0)

    var isFirst = true
    var isInputClosed = false
    var isDraining = false
    var isReadHeld = false
    var peerAddress: String?
    var descriptor = Descriptor.unasked
    /// Something of the present answer is in the channel's queue, and nothing may overtake it.
    var hasQueued = false

    var lastProgress = NIODeadline.now()
    var timer: TimerWheel.Timer?

    init(desk: ConnectionDesk, loop: any EventLoop, isSecure: Bool) {
        self.desk = desk
        decoder = HTTP1RequestDecoder(maxHeaderBytes: desk.configuration.maxHeaderBytes)
        self.isSecure = isSecure
        executor = desk[loop].executor
        codec = ByteToMessageHandler(decoder)
        assembly = RequestAssembly(bodyLimit: desk.configuration.maxBodyBytes)
    }

    /// Whether nothing of a request has come yet.
    var isIdle: Bool {
        guard case .receiving = phase else { return false }
        return decoder.begun == nil && !assembly.isUnderWay && waiting.isEmpty
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        // Not before: it holds this handler, and only a handler of a pipeline is told when to let go.
        timer = desk[context.eventLoop].timers.makeTimer(for: self)
        isDraining = desk.connections.isDraining
        rearm()
        // It came while the others were already asked to end.
        if isDraining { context.eventLoop.assumeIsolated().execute { if self.isIdle { self.close() } } }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        endTimer()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        switch phase {
        case .responding, .streaming, .flushing: desk.edge.meters?.aborted()
        case .receiving, .lingering, .done: break
        }
        phase = .done
        task?.cancel()
        task = nil
        waiting.removeAll()
        endTimer()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch phase {
        case .receiving where waiting.isEmpty: receive(unwrapInboundIn(data))
        case .lingering, .done: break
        default: waiting.append(unwrapInboundIn(data))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        rearm()
        context.fireChannelReadComplete()
    }

    /// While a request is in flight at most one more piece is read, so that an end of the connection is seen; then the
    /// peer waits in its own buffers.
    func read(context: ChannelHandlerContext) {
        switch phase {
        case .receiving, .lingering, .done: context.read()
        case .responding, .streaming, .flushing:
            if waiting.isEmpty && refusalAfterwards == nil { context.read() } else { isReadHeld = true }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent {
            inputClosed()
        } else if event is ChannelShouldQuiesceEvent {
            isDraining = true
            if isIdle { close() }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case HTTPParserError.invalidEOFState: inputClosed()
        case HTTPParserError.headerOverflow: refuseAfterwards(.headersTooLarge)
        case is HTTPParserError, is NIOHTTPDecoderError: refuseAfterwards(.invalidRequest())
        default: close()
        }
    }

    /// The peer sends no more. An answer in flight still goes out.
    private func inputClosed() {
        isInputClosed = true
        switch phase {
        case .receiving where waiting.isEmpty: close()
        case .lingering: close()
        default: break
        }
    }

    func close() {
        phase = .done
        context?.close(promise: nil)
    }
}
