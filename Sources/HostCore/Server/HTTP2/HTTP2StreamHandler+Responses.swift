import HTTPTypes
import NIOCore
import NIOHTTPTypes
import NIOHTTPTypesHTTP2

/// Answers leave as the peer's windows take them: the decoder below gets no more than it says it can write.
extension HTTP2StreamHandler: ResponseSink {
    private static let slice = 16 * 1024

    func send(_ head: HTTPResponse, body: ByteBuffer?) {
        guard phase == .responding, let context else { return }
        context.write(wrapOutboundOut(.head(prepared(head, length: body?.readableBytes))), promise: nil)
        phase = .sending
        rest = body ?? ByteBuffer()
        hold(rest.storageCapacity, context)
        untaken = rest.readableBytes
        progress = (.now(), untaken)
        rearm()
        sendMore()
    }

    /// Writes what the stream can take now; called again when it can take more.
    func sendMore() {
        guard phase == .sending, !isSending, let context else { return }
        isSending = true
        defer { isSending = false }
        while phase == .sending, context.channel.isWritable, rest.readableBytes > 0,
            let slice = rest.readSlice(length: min(Self.slice, rest.readableBytes))
        {
            let taken = context.eventLoop.makePromise(of: Void.self)
            taken.futureResult.assumeIsolated().whenSuccess { self.took(slice.readableBytes) }
            context.writeAndFlush(wrapOutboundOut(.body(slice)), promise: taken)
        }
        if phase == .sending, rest.readableBytes == 0 { finish(nil, context) }
    }

    /// So many bytes have left. What the decoder below has been given has not: it may wait there for the peer's window.
    private func took(_ byteCount: Int) {
        connection.progressed()
        untaken -= byteCount
        if progress.left - untaken >= Self.progressStep { progress = (.now(), untaken) }
    }

    func begin(_ head: HTTPResponse, length: Int?) {
        guard phase == .responding, let context else { return }
        phase = .streaming
        progress.at = .now()
        rearm()
        count(0)
        context.write(wrapOutboundOut(.head(prepared(head, length: length))), promise: nil)
    }

    func write(_ piece: ByteBuffer) -> EventLoopFuture<Void> {
        guard phase == .streaming, let context else {
            return executor.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
        }
        hold(piece.storageCapacity, context)
        let taken = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(wrapOutboundOut(.body(piece)), promise: taken)
        taken.futureResult.assumeIsolated().whenSuccess {
            self.progress.at = .now()
            self.connection.progressed()
            self.letGo()
        }
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
        task = nil
        // What the decoder still holds has the time of an answer that is being sent.
        phase = .sending
        rearm()
        isSending = true
        isHandedOver = true
        let (sent, flushed) = (context.eventLoop.makePromise(of: Void.self), connection.flushBegan())
        sent.futureResult.assumeIsolated().whenComplete { result in
            flushed()
            if case .failure = result { self.desk.edge.meters?.aborted() }
            guard self.phase == .sending else { return }
            self.phase = .done
            self.letGo()
            // Not earlier: a reset throws away what has not left yet.
            if case .success = result, !self.isRequestEnded {
                let stop = NIOHTTP2FramePayloadToHTTPEvent.reset(code: .noError)
                self.context?.triggerUserOutboundEvent(stop, promise: nil)
            }
        }
        context.writeAndFlush(wrapOutboundOut(.end(trailers)), promise: sent)
    }

    /// Counts what waits, in this connection and in all.
    private func hold(_ byteCount: Int, _ context: ChannelHandlerContext) {
        count(byteCount)
        desk.unsent.hold(self, byteCount, of: context.channel)
    }

    private func letGo() {
        desk.unsent.release(self)
        count(0)
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
