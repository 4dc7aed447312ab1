import HTTPTypes
import NIOCore
import NIOHTTPTypes
import NIOHTTPTypesHTTP2
import PluginAPI

/// One request of an HTTP/2 connection, and its answer.
final class HTTP2StreamHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundOut = HTTPResponsePart

    private enum Phase { case receiving, responding, streaming, done }

    private let desk: ConnectionDesk
    private let executor: LoopExecutor
    private let peer: String
    private var assembly: RequestAssembly
    private var phase = Phase.receiving
    private var isRequestEnded = false
    private var task: Task<Void, Never>?
    private var alarm: Scheduled<Void>?
    private var context: ChannelHandlerContext?

    init(desk: ConnectionDesk, loop: any EventLoop, peer: String) {
        self.desk = desk
        self.peer = peer
        executor = desk.executor(of: loop)
        assembly = RequestAssembly(bodyLimit: desk.configuration.maxBodyBytes)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

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
            case .body(let bytes): try assembly.append(bytes)
            case .end: finishRequest(context)
            }
        } catch {
            refuse(error)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if phase == .receiving, alarm == nil {
            let time = desk.configuration.requestTimeout
            alarm = context.eventLoop.assumeIsolated().scheduleTask(in: time) {
                if self.phase == .receiving { self.refuse(.timeout) }
            }
        }
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        stop()
        context.close(promise: nil)
    }

    private func begin(_ head: HTTPRequest, _ context: ChannelHandlerContext) throws(Refusal) {
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

    private func finishRequest(_ context: ChannelHandlerContext) {
        isRequestEnded = true
        alarm?.cancel()
        alarm = nil
        guard let (head, body) = assembly.finish() else { return }
        phase = .responding
        let facts = desk.edge.facts(of: head, peer: peer, isSecure: true)
        let sink = NIOLoopBound<any ResponseSink>(self, eventLoop: context.eventLoop)
        let request = Request(head: head, body: RequestBody(buffer: body))
        task = RequestRun.start(request, facts, on: desk, sink: sink, executor: executor)
    }

    private func refuse(_ refusal: Refusal) {
        var head = refusal.head
        desk.edge.finish(&head, desk.edge.facts(ofUnreadable: peer, isSecure: true))
        phase = .responding
        send(head, body: refusal.body)
    }

    private func stop() {
        phase = .done
        task?.cancel()
        task = nil
        alarm?.cancel()
        alarm = nil
    }
}

extension HTTP2StreamHandler: ResponseSink {
    func send(_ head: HTTPResponse, body: ByteBuffer?) {
        guard phase == .responding, let context else { return }
        context.write(wrapOutboundOut(.head(prepared(head, length: body?.readableBytes))), promise: nil)
        if let body, body.readableBytes > 0 { context.write(wrapOutboundOut(.body(body)), promise: nil) }
        finish(nil, context)
    }

    func begin(_ head: HTTPResponse, length: Int?) {
        guard phase == .responding, let context else { return }
        phase = .streaming
        context.write(wrapOutboundOut(.head(prepared(head, length: length))), promise: nil)
    }

    func write(_ piece: ByteBuffer) -> EventLoopFuture<Void> {
        guard phase == .streaming, let context else {
            return executor.loop.makeFailedFuture(ChannelError.ioOnClosedChannel)
        }
        let taken = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(.body(piece)), promise: taken)
        return taken.futureResult
    }

    func end(_ trailers: HTTPFields?) {
        guard phase == .streaming, let context else { return }
        finish(trailers, context)
    }

    func fail() {
        guard let context else { return }
        if phase == .responding { return refuse(.failed) }
        guard phase == .streaming else { return }
        phase = .done
        context.triggerUserOutboundEvent(NIOHTTP2FramePayloadToHTTPEvent.reset(code: .internalError), promise: nil)
    }

    /// Ends the stream. If the request is not complete the peer is told to send no more of it (RFC 9113 section 8.1).
    private func finish(_ trailers: HTTPFields?, _ context: ChannelHandlerContext) {
        phase = .done
        task = nil
        let sent = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(.end(trailers)), promise: sent)
        guard !isRequestEnded else { return }
        // Not earlier: a reset throws away what has not left yet.
        sent.futureResult.assumeIsolated().whenSuccess {
            let stop = NIOHTTP2FramePayloadToHTTPEvent.reset(code: .noError)
            self.context?.triggerUserOutboundEvent(stop, promise: nil)
        }
    }

    private func prepared(_ head: HTTPResponse, length: Int?) -> HTTPResponse {
        var head = head
        for name in [HTTPField.Name.connection, .transferEncoding, .upgrade, .server, .date]
        where head.headerFields.contains(name) {
            head.headerFields[name] = nil
        }
        if head.status.code == 204 || head.status.code == 304 {
            head.headerFields[.contentLength] = nil
        } else if let length {
            head.headerFields[.contentLength] = String(length)
        }
        head.headerFields.append(HTTPField(name: .date, value: desk.date.now))
        return head
    }
}
