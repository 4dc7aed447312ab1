import Glibc
import NIOPosix
import PluginAPI
import Synchronization

@testable import RedisPlugin

/// Lies between clients and servers, and resets the clients' connections when a test says so. Of several servers each
/// connection gets the next.
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
    /// Live as long as the way to them.
    private let servers: Servers

    private final class Servers: Sendable {
        let all: [RedisServer]
        /// How many connections there were; nil: all go to the first server.
        let turn = Mutex<Int?>(0)

        init(_ all: [RedisServer]) { self.all = all }

        func next() -> Int {
            turn.withLock { turn in
                defer { turn = turn.map { $0 + 1 } }
                return all[(turn ?? 0) % all.count].port
            }
        }
    }

    /// - Parameter loop: where it works.
    init(to all: RedisServer..., on loop: any EventLoop) async throws {
        let (clients, servers) = (Journal<any Channel>(), Servers(all))
        (self.clients, self.servers) = (clients, servers)
        channel = try await ServerBootstrap(group: loop)
            .childChannelInitializer { client in
                clients.add(client)
                return ClientBootstrap(group: loop)
                    .channelInitializer { $0.pipeline.addHandler(Pipe(to: client)) }
                    .connect(host: "127.0.0.1", port: servers.next())
                    .flatMap { client.pipeline.addHandler(Pipe(to: $0)) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        address = .host("127.0.0.1", port: channel.localAddress?.port ?? 0)
    }

    deinit { channel.close(promise: nil) }

    /// From now on all connections go to the first server.
    func join() { servers.turn.withLock { $0 = nil } }

    /// Resets every connection. Called on its loop it is done when this returns.
    func cut() {
        for client in clients.all where client.isActive {
            (client as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenSuccess {
                client.close(promise: nil)
            }
        }
    }
}
