public import NIOCore

extension Channel {
    /// The descriptor of the channel's socket, for whoever sends past the channel's queue; nil: it has none, or has closed
    /// it. On its loop.
    ///
    /// The channel may close it later, after which its number can be another socket's. NIO's own
    /// `withUnsafeTransportIfAvailable` asks for the protocol together with the transport's type, which Swift looks up
    /// anew each time: that costs as much as two writes.
    public var socketDescriptor: CInt? {
        eventLoop.assertInEventLoop()
        return (self as? any NIOTransportAccessibleChannelCore)?.descriptor
    }
}

extension NIOTransportAccessibleChannelCore {
    fileprivate var descriptor: CInt? {
        // Throws when the socket is closed.
        let transport = try? withUnsafeTransport { $0 as? CInt }
        return transport ?? nil
    }
}
