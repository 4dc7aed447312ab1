import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOHTTPTypesHTTP2
import NIOSSL
import NIOTLS
import PluginAPI

/// What a fresh connection's pipeline is made of.
enum ConnectionSetup {
    /// Directly rather than through the bootstrap, which makes futures and boxes of each option for each connection.
    static func setOptions(of channel: any Channel) throws {
        guard let options = channel.syncOptions else { return }
        try options.setOption(.allowRemoteHalfClosure, value: true)
        try options.setOption(.maxMessagesPerRead, value: 1)
        try options.setOption(.recvAllocator, value: ReceiveBuffers())
    }

    /// HTTP/1.1: two handlers, of which a websocket keeps none.
    static func addHTTP1(to channel: any Channel, _ desk: ConnectionDesk, isSecure: Bool) throws {
        let handler = HTTP1Handler(desk: desk, loop: channel.eventLoop, isSecure: isSecure)
        try channel.pipeline.syncOperations.addHandlers(handler.codec, handler)
    }

    /// TLS, and above it what the client chooses (RFC 7301).
    static func addTLS(to channel: any Channel, _ desk: ConnectionDesk, _ context: NIOSSLContext) throws {
        let time = desk.configuration.requestTimeout
        let handshake = channel.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in handshake.cancel() }
        let negotiation = ApplicationProtocolNegotiationHandler { result, channel in
            handshake.cancel()
            return channel.eventLoop.makeCompletedFuture {
                switch result {
                case .negotiated("h2"): try addHTTP2(to: channel, desk)
                case .negotiated("http/1.1"), .fallback:
                    let pipeline = channel.pipeline.syncOperations
                    let guardian = try pipeline.context(handlerType: HalfCloseGuard.self)
                    pipeline.removeHandler(context: guardian, promise: nil)
                    try addHTTP1(to: channel, desk, isSecure: true)
                case .negotiated: channel.close(promise: nil)
                }
            }
        }
        try channel.pipeline.syncOperations.addHandlers(
            NIOSSLServerHandler(context: context), HalfCloseGuard.shared, negotiation)
    }

    private static func addHTTP2(to channel: any Channel, _ desk: ConnectionDesk) throws {
        let peer = ClientAddress.text(of: channel.remoteAddress)
        let connection = HTTP2Connection(desk: desk, channel: channel)
        var limits = NIOHTTP2Handler.ConnectionConfiguration()
        // Of the decoder: what lies between the two is read, so that the stream alone can be refused for it.
        let largestBlock = 8 * desk.configuration.maxHeaderBytes
        limits.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: 100),
            HTTP2Setting(parameter: .maxHeaderListSize, value: largestBlock),
        ]
        limits.maximumSequentialContinuationFrames = max(16, largestBlock / 16_384)
        limits.maximumBufferedControlFrames = 1_000
        var streams = NIOHTTP2Handler.StreamConfiguration()
        (streams.outboundBufferSizeLowWatermark, streams.outboundBufferSizeHighWatermark) = (16_384, 32_768)
        let loopBound = NIOLoopBound(connection, eventLoop: channel.eventLoop)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTP2ArrivalHandler(connection))
        _ = try pipeline.configureHTTP2Pipeline(
            mode: .server,
            connectionConfiguration: limits,
            streamConfiguration: streams,
            streamDelegate: HTTP2StreamWatch(connection: loopBound)
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                let handler = HTTP2StreamHandler(
                    connection: loopBound.value, loop: stream.eventLoop, peer: peer)
                try stream.pipeline.syncOperations.addHandlers(HTTP2FramePayloadToHTTPServerCodec(), handler)
            }
        }
        try pipeline.addHandler(HTTP2ConnectionHandler(connection))
        if desk.connections.isDraining { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
    }
}
