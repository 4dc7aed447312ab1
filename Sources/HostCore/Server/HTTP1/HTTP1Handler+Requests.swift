import HTTPTypes
import NIOCore
import NIOHTTP1
import PluginAPI

extension HTTP1Handler {
    /// Takes the next part of the request that arrives.
    func receive(_ part: HTTPServerRequestPart) {
        do throws(Refusal) {
            switch part {
            case .head(let head): try begin(head)
            case .body(let bytes): try assembly.append(bytes)
            case .end: finishRequest()
            }
        } catch {
            refuse(error)
        }
    }

    /// Goes on after an answer: with what came meanwhile, or by reading more.
    func receiveWaiting() {
        while case .receiving = phase, let part = waiting.popFirst() { receive(part) }
        guard case .receiving = phase else { return }
        if let refusal = refusalAfterwards { return refuse(refusal) }
        if isInputClosed { return close() }
        rearm()
        if isReadHeld {
            isReadHeld = false
            context?.read()
        }
    }

    /// Refuses now, or once the request in flight has had its answer.
    func refuseAfterwards(_ refusal: Refusal) {
        switch phase {
        case .receiving where waiting.isEmpty: refuse(refusal)
        case .lingering, .done: break
        default: refusalAfterwards = refusal
        }
    }

    private func begin(_ head: HTTPRequestHead) throws(Refusal) {
        isHTTP10 = head.version.minor == 0
        isKeepAlive = head.isKeepAlive
        let request = try HTTPRequest(head, isSecure: isSecure)
        let asksForUpgrade =
            request.headerFields.contains(.upgrade) && request.headerFields.hasToken("upgrade", in: .connection)
        wantsUpgrade = asksForUpgrade && WebSocketHandshake.isRequested(by: request)
        // The decoder reads no further request after one that wants to become something else.
        if asksForUpgrade { isKeepAlive = false }
        let beginning = try assembly.begin(request)
        guard beginning == .sendContinue, !isHTTP10, let context else { return }
        hasQueued = true
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
    }

    private func finishRequest() {
        decoder.begun = nil
        isFirst = false
        guard let (head, body) = assembly.finish(), let context else { return }
        let facts = desk.edge.facts(of: head, peer: peer(of: context))
        // Once: while a plugin is restarted its websocket must not be missing and its other routes be there.
        let routes = desk.routes.current
        if wantsUpgrade, let route = routes.webSocket(at: facts.path) {
            return upgrade(head, facts, to: route)
        }
        phase = .responding
        let sink = NIOLoopBound<any ResponseSink>(self, eventLoop: context.eventLoop)
        let request = Request(head: head, body: RequestBody(buffer: body))
        task = RequestRun.start(request, facts, through: routes, on: desk, sink: sink, executor: executor)
    }

    /// The peer's address in text, made once.
    func peer(of context: ChannelHandlerContext) -> String {
        if let peerAddress { return peerAddress }
        let address = ClientAddress.text(of: context.channel.remoteAddress)
        peerAddress = address
        return address
    }
}
