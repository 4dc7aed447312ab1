import NIOCore
import NIOHTTP2

/// In front of the HTTP/2 decoder: sees when parts of the connection begin and end.
final class HTTP2ArrivalHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: HTTP2Connection
    private var scanner = HTTP2FrameScanner()

    init(_ connection: HTTP2Connection) { self.connection = connection }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let completed = scanner.completed
        let bytes = scanner.pass(unwrapInboundIn(data))
        connection.received(isMidway: scanner.isMidway, isProgress: scanner.completed > completed)
        if bytes.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(bytes)) }
    }
}

/// Behind the HTTP/2 decoder: the connection's own frames, and its end.
final class HTTP2ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame

    private let connection: HTTP2Connection

    init(_ connection: HTTP2Connection) { self.connection = connection }

    func handlerAdded(context: ChannelHandlerContext) { connection.begin() }

    func handlerRemoved(context: ChannelHandlerContext) { connection.end() }

    func channelInactive(context: ChannelHandlerContext) {
        connection.end()
        context.fireChannelInactive()
    }

    /// The decoder has answered the connection's own frames itself.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { connection.shutDown() }
        context.fireUserInboundEventTriggered(event)
    }

    /// A peer that breaks the protocol; an error of one stream only is left to the stream.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is NIOHTTP2Errors.StreamError { return }
        context.close(promise: nil)
    }
}

/// Tells the connection of its streams, on its loop.
struct HTTP2StreamWatch: NIOHTTP2StreamDelegate {
    let connection: NIOLoopBound<HTTP2Connection>

    func streamCreated(_ id: HTTP2StreamID, channel: any Channel) { connection.value.streamOpened(id) }

    func streamClosed(_ id: HTTP2StreamID, channel: any Channel) { connection.value.streamClosed() }
}
