public import NIOCore

/// Its place in the channel's pipeline.
extension RealtimeConnection {
    /// The connection can send from here on.
    public func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if isEncrypted { descriptor = .none }
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
        descriptor = .none
        context.fireErrorCaught(error)
    }

    /// Sends what waits, and nothing after it.
    public func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .all {
            takeJoined()
            flush()
            isShut = true
            descriptor = .none
        }
        context.close(mode: mode, promise: promise)
    }

    /// Whatever a handler above writes takes its turn here.
    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        send(unwrapOutboundIn(data))
        promise?.succeed()
    }

    /// The same as ``flush()``; what others wrote to the channel before this connection's first bytes leaves, too.
    public func flush(context: ChannelHandlerContext) {
        flush()
        switch descriptor {
        case .unwritten, .none: context.flush()
        case .unasked, .known: break
        }
    }

    private func end() {
        descriptor = .none
        rooms.leaveAll(self)
        pending = ByteBuffer()
        context = nil
    }
}
