public import NIOCore
import NIOPosix

/// Its place in the channel's pipeline.
extension RealtimeConnection {
    /// Takes the channel's descriptor, if bytes may leave on it directly.
    public func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        // Under TLS bytes change on their way, so they take the channel's queue.
        guard (try? context.pipeline.syncOperations.handler(type: TransportEncryption.self)) == nil else { return }
        let found = try? context.channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { (handle: NIOBSDSocket.Handle) -> CInt in handle }
        descriptor = (found ?? nil) ?? -1
        // The answer to the upgrade may still wait in the channel's queue; what is sent from here on follows it, if
        // possible in one write.
        guard descriptor >= 0, let options = context.channel.syncOptions else { return }
        if let waiting = try? options.getOption(.bufferedWritableBytes), waiting > 0 {
            context.write(wrapOutboundOut(ByteBuffer()), promise: queuedWrite(of: 0, context))
        }
    }

    /// Leaves all rooms.
    public func handlerRemoved(context: ChannelHandlerContext) {
        end()
    }

    /// Replies to what was just read leave together.
    public func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        flush()
    }

    /// Leaves all rooms: the peer is gone.
    public func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    /// Gives the descriptor up: after an error it may be closed at any time.
    public func errorCaught(context: ChannelHandlerContext, error: any Error) {
        descriptor = -1
        context.fireErrorCaught(error)
    }

    /// Sends what waits, and nothing after it.
    public func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .all {
            takeJoined()
            flush()
            isShut = true
            descriptor = -1
        }
        context.close(mode: mode, promise: promise)
    }

    /// Whatever a handler above writes takes its turn here.
    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        send(unwrapOutboundIn(data))
        promise?.succeed()
    }

    /// The same as ``flush()``.
    public func flush(context: ChannelHandlerContext) {
        flush()
    }

    private func end() {
        descriptor = -1
        rooms.leaveAll(self)
        pending = ByteBuffer()
        context = nil
    }
}
