import NIOPosix
import NIOSSL
import PluginAPI

/// Makes transports to servers: TCP or a local socket, with TLS where that is wanted.
struct RedisDialer: Sendable {
    let tls: NIOSSLContext?

    /// Connects. With TLS the handshake is still under way then; what is written waits for it, and its failure reaches
    /// the handler.
    ///
    /// - Parameter makeHandler: makes the end of the pipeline, on the loop.
    func dial(
        _ address: RedisAddress, on eventLoop: any EventLoop, within timeout: TimeAmount,
        makeHandler: @escaping @Sendable () -> RESPHandler
    ) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(timeout)
            .channelOption(ChannelOptions.socketOption(.so_keepalive), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let handler = try Self.handler(tls, serverName: address.host)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHandler(makeHandler())
                }
            }
        let channel =
            switch address {
            case .host(let host, let port):
                bootstrap.channelOption(ChannelOptions.tcpOption(.tcp_nodelay), value: 1)
                    .connect(host: host, port: port)
            case .socket(let path): bootstrap.connect(unixDomainSocketPath: path)
            }
        return channel.flatMapErrorThrowing { error in
            throw RedisFailure(
                .connection, "\(address) cannot be reached: \(RedisFailure(describing: error))")
        }
    }

    /// Addresses are compared with the certificate's addresses, names with its names.
    private static func handler(_ context: NIOSSLContext, serverName: String?) throws -> NIOSSLClientHandler {
        let isAddress = serverName.map { (try? SocketAddress(ipAddress: $0, port: 0)) != nil } ?? true
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : serverName)
    }
}
