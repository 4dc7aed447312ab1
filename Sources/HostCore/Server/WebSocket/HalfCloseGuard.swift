import NIOCore

/// Closes a connection whose peer has closed its side.
///
/// The listener allows half-open connections because HTTP/1.1 clients may close their side and still read the answer.
/// For websockets and HTTP/2 it means that the peer is gone; nobody else would notice, and the descriptor would leak.
/// Without state: one for all connections.
final class HalfCloseGuard: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = Any
    typealias InboundOut = Any

    static let shared = HalfCloseGuard()

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        context.fireUserInboundEventTriggered(event)
        if case .inputClosed? = event as? ChannelEvent { context.close(promise: nil) }
    }
}
