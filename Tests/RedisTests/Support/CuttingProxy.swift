import Glibc
import NIOPosix
import PluginAPI

@testable import RedisPlugin

/// Lies between clients and a server, and resets the clients' connections when a test says so.
final class CuttingProxy: Sendable {
    private final class Pipe: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        private let other: any Channel

        init(to other: any Channel) { self.other = other }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            other.writeAndFlush(unwrapInboundIn(data), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    let address: RedisAddress
    private let clients: Journal<any Channel>
    private let channel: any Channel
    /// Lives as long as the way to it.
    private let server: RedisServer

    /// - Parameter loop: where it works.
    init(to server: RedisServer, on loop: any EventLoop) async throws {
        let (clients, port) = (Journal<any Channel>(), server.port)
        (self.clients, self.server) = (clients, server)
        channel = try await ServerBootstrap(group: loop)
            .childChannelInitializer { client in
                clients.add(client)
                return ClientBootstrap(group: loop)
                    .channelInitializer { $0.pipeline.addHandler(Pipe(to: client)) }
                    .connect(host: "127.0.0.1", port: port)
                    .flatMap { client.pipeline.addHandler(Pipe(to: $0)) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        address = .host("127.0.0.1", port: channel.localAddress?.port ?? 0)
    }

    deinit { channel.close(promise: nil) }

    /// Resets every connection. Called on its loop it is done when this returns.
    func cut() {
        for client in clients.all where client.isActive {
            (client as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenSuccess {
                client.close(promise: nil)
            }
        }
    }
}
