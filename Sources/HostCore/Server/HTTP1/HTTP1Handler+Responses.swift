import HTTPTypes
import NIOCore
import PluginAPI

extension HTTP1Handler: ResponseSink {
    func send(_ head: HTTPResponse, body: ByteBuffer?) {
        guard case .responding = phase, let context else { return }
        framing = .whole(head, body)
        var buffer = makeHead(head, context)
        if let body, framing.hasBody {
            if body.readableBytes <= 16 * 1024 {
                buffer.writeImmutableBuffer(body)
            } else {
                hasQueued = true
                context.write(wrapOutboundOut(buffer), promise: nil)
                buffer = body
            }
        }
        finish(with: buffer, context)
    }

    func begin(_ head: HTTPResponse, length: Int?) {
        guard case .responding = phase, let context else { return }
        phase = .streaming
        lastProgress = .now()
        framing = .pieces(head, length: length, isHTTP10: isHTTP10)
        if case .untilClose = framing { isKeepAlive = false }
        hasQueued = true
        context.write(wrapOutboundOut(makeHead(head, context)), promise: nil)
    }

    func write(_ piece: ByteBuffer) -> EventLoopFuture<Void> {
        guard case .streaming = phase, let context else {
            return executor.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
        }
        guard framing.hasBody else { return context.eventLoop.makeSucceededVoidFuture() }
        var piece = piece
        if case .chunked = framing { piece = HTTP1ResponseBytes.chunk(piece, context.channel.allocator) }
        let taken = context.eventLoop.makePromise(of: Void.self)
        desk.unsent.hold(self, piece.storageCapacity, of: context.channel)
        context.writeAndFlush(wrapOutboundOut(piece), promise: taken)
        taken.futureResult.assumeIsolated().whenComplete { result in
            self.desk.unsent.release(self)
            if case .success = result { self.lastProgress = .now() }
        }
        return taken.futureResult
    }

    func end(_ trailers: HTTPFields?) {
        guard case .streaming = phase, let context else { return }
        var buffer = ByteBuffer()
        if case .chunked = framing { buffer = HTTP1ResponseBytes.lastChunk(trailers ?? [:]) }
        finish(with: buffer, context)
    }

    /// Before the head was written the answer can still become an error; afterwards only the end of the connection
    /// tells the peer.
    func fail() {
        task = nil
        switch phase {
        case .responding: refuse(.failed)
        case .streaming: close()
        default: break
        }
    }

    /// Answers by itself and ends the connection.
    func refuse(_ refusal: Refusal, _ facts: RequestFacts? = nil) {
        refuse(with: refusal.head, refusal.body, facts)
    }

    func refuse(with head: HTTPResponse, _ body: ByteBuffer, _ known: RequestFacts?) {
        guard let context else { return }
        let facts = known ?? desk.edge.facts(ofUnreadable: peer(of: context))
        var head = head
        desk.edge.finish(&head, facts)
        desk.edge.meters?.refused(head.status)
        isKeepAlive = false
        waiting.removeAll()
        framing = .length(body.readableBytes)
        var buffer = makeHead(head, context)
        buffer.writeImmutableBuffer(body)
        linger(context, after: buffer)
    }

    private func makeHead(_ head: HTTPResponse, _ context: ChannelHandlerContext) -> ByteBuffer {
        if isDraining || (isInputClosed && waiting.isEmpty) { isKeepAlive = false }
        let connection: HTTP1ResponseBytes.Connection =
            isKeepAlive ? (isHTTP10 ? .keepAlive : .unsaid) : .close
        return HTTP1ResponseBytes.head(
            head, framing, connection, standing: desk.edge.standing, date: desk.date.now,
            allocator: context.channel.allocator)
    }

    private func finish(with buffer: ByteBuffer, _ context: ChannelHandlerContext) {
        phase = .flushing
        lastProgress = .now()
        task = nil
        var buffer = buffer
        switch sendDirectly(&buffer, context) {
        case .sent: return flushed()
        case .failed: return close()
        case .queue: break
        }
        desk.unsent.hold(self, buffer.storageCapacity, of: context.channel)
        let flushed = context.eventLoop.makePromise(of: Void.self)
        flushed.futureResult.assumeIsolated().whenComplete { _ in
            self.desk.unsent.release(self)
            self.flushed()
        }
        context.writeAndFlush(wrapOutboundOut(buffer), promise: flushed)
    }

    private func flushed() {
        hasQueued = false
        guard case .flushing = phase else { return }
        guard isKeepAlive else { return close() }
        phase = .receiving
        lastProgress = .now()
        receiveWaiting()
    }

    private func linger(_ context: ChannelHandlerContext, after buffer: ByteBuffer) {
        phase = .lingering
        lastProgress = .now()
        let flushed = context.eventLoop.makePromise(of: Void.self)
        flushed.futureResult.assumeIsolated().whenComplete { _ in
            if self.isInputClosed { return self.close() }
            self.context?.close(mode: .output, promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(buffer), promise: flushed)
        rearm()
        if isReadHeld {
            isReadHeld = false
            context.read()
        }
    }
}
