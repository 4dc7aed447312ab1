import HTTPTypes
import NIOCore
import NIOHTTPTypes
import PluginAPI

/// One request of an HTTP/2 connection, and its answer.
final class HTTP2StreamHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundOut = HTTPResponsePart

    enum Phase { case receiving, responding, streaming, done }

    let desk: ConnectionDesk
    let executor: EventLoopExecutor
    private let peer: String
    private var assembly: RequestAssembly
    var phase = Phase.receiving
    var isRequestEnded = false
    var task: Task<Void, Never>?
    private var alarm: Scheduled<Void>?
    var context: ChannelHandlerContext?

    init(desk: ConnectionDesk, loop: any EventLoop, peer: String) {
        self.desk = desk
        self.peer = peer
        executor = desk[loop].executor
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
        let facts = desk.edge.facts(of: head, peer: peer)
        let sink = NIOLoopBound<any ResponseSink>(self, eventLoop: context.eventLoop)
        let request = Request(head: head, body: RequestBody(buffer: body))
        task = RequestRun.start(request, facts, on: desk, sink: sink, executor: executor)
    }

    func refuse(_ refusal: Refusal) {
        var head = refusal.head
        desk.edge.finish(&head, desk.edge.facts(ofUnreadable: peer))
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
