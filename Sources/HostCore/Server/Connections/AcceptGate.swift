import NIOCore

/// Pauses accepting while too many connections are open; the kernel's queue holds the others meanwhile.
final class AcceptGate: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never

    private let connections: ConnectionRegistry
    private let limit: () -> Int

    /// - Parameter limit: may change.
    init(_ connections: ConnectionRegistry, limit: @escaping () -> Int) {
        self.connections = connections
        self.limit = limit
    }

    /// Registers a connection as soon as it is there, so that none slips through while others are being set up.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connections.add(unwrapInboundIn(data))
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        let loopBound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let hasRoom = connections.hasRoom(below: limit()) {
            loopBound.eventLoop.execute { loopBound.value.read() }
        }
        if hasRoom { context.read() }
    }
}
