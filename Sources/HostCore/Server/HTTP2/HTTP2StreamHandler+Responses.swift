import HTTPTypes
import NIOCore
import NIOHTTPTypes
import NIOHTTPTypesHTTP2

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
            return executor.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
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
        desk.edge.standing.add(to: &head.headerFields)
        head.headerFields.append(HTTPField(name: .date, value: desk.date.now))
        return head
    }
}
