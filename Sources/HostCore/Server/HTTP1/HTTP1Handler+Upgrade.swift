import HTTPTypes
import NIOCore
import NIOHTTP1
import PluginAPI

extension HTTP1Handler {
    /// Makes the connection a websocket, or refuses.
    func upgrade(_ head: HTTPRequest, _ facts: RequestFacts, to route: WebSocketRoute) {
        do throws(Refusal) {
            let accept = try WebSocketHandshake.accept(head.headerFields)
            let upgrade = WebSocketEndpoint.Upgrade(
                request: head, path: facts.path, query: facts.query, clientAddress: facts.clientAddress,
                isEncrypted: isSecure)
            switch route.endpoint.accept(upgrade) {
            case .accept(var headers):
                if !headers.contains(.secWebSocketProtocol), let first = WebSocketHandshake.protocol(head.headerFields)
                {
                    headers[.secWebSocketProtocol] = first
                }
                let bytes = WebSocketHandshake.response(accept: accept, requestID: facts.id, headers: headers)
                handOver(upgrade, to: route, after: bytes, facts)
            case .refuse(let status, var headers, let contentType, let body):
                headers[.contentType] = contentType
                let head = HTTPResponse(status: status, headerFields: headers)
                refuse(with: head, ByteBuffer(string: body), facts)
            }
        } catch {
            refuse(error, facts)
        }
    }

    /// Writes the 101, lets the endpoint add its handlers, and takes the HTTP handlers out. The decoder leaves at the
    /// end of the loop's tick and forwards what came early; the endpoint's handlers are there by then.
    private func handOver(
        _ upgrade: WebSocketEndpoint.Upgrade,
        to route: WebSocketRoute,
        after bytes: ByteBuffer,
        _ facts: RequestFacts
    ) {
        guard let context else { return }
        let channel = context.channel
        let pipeline = context.pipeline.syncOperations
        // When a plugin stops, its routes are removed first and their websockets closed after that: this connection is
        // among those, or it does not become one.
        let isOne = desk.connections.becomesWebSocket(channel, of: route) {
            desk.routes.current.webSocket(at: upgrade.path) === route
        }
        guard isOne else { return refuse(.restarting, facts) }
        desk.edge.log(facts, status: 101)
        phase = .done
        endTimer()
        do {
            // Unflushed: it leaves together with what the endpoint sends at once.
            context.write(wrapOutboundOut(bytes), promise: nil)
            let earlyBytesAreComplete = try endHalfClosure(of: channel)
            try route.endpoint.install(channel, upgrade)
            // Nobody else says that the early bytes are complete, and handlers flush on that.
            pipeline.removeHandler(codec).assumeIsolated().whenSuccess(earlyBytesAreComplete)
            pipeline.removeHandler(context: context, promise: nil)
        } catch {
            facts.logger.error(
                "a websocket could not be set up",
                metadata: ["plugin": "\(route.owner)", "error": "\(String(reflecting: error))"])
            channel.close(promise: nil)
            return
        }
        if isInputClosed { return channel.close(promise: nil) }
        if isReadHeld { channel.read() }
    }

    /// From here on a peer that closes its side is gone. Answers how to tell the handlers to come that what was read so
    /// far is all.
    private func endHalfClosure(of channel: any Channel) throws -> () -> Void {
        guard isSecure else {
            try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
            return {
                channel.pipeline.fireChannelReadComplete()
                channel.flush()
            }
        }
        // Under TLS the end comes as an event that only a handler above it sees, and what is fired from the pipeline's
        // head goes on only after bytes of TLS itself.
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HalfCloseGuard.shared, position: .after(self))
        let front = try pipeline.context(handler: HalfCloseGuard.shared)
        return {
            front.fireChannelReadComplete()
            front.flush()
        }
    }
}
