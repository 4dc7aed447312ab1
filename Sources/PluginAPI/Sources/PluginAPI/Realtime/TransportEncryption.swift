/// Marks a channel whose bytes are encrypted below: the listener adds it after TLS.
public final class TransportEncryption: ChannelInboundHandler, RemovableChannelHandler {
    public typealias InboundIn = NIOAny

    /// Makes the mark.
    public init() {}
}
