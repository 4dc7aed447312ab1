import NIOPosix
import PluginAPI

/// A server that says what a test wants: whatever is written to it, it sends what it was given.
final class FakeServer: Sendable {
    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let respond: @Sendable (String) -> ByteBuffer?

        init(_ respond: @escaping @Sendable (String) -> ByteBuffer?) { self.respond = respond }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard let answer = respond(String(buffer: unwrapInboundIn(data))) else { return }
            context.channel.writeAndFlush(answer, promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    let port: Int
    let connections = Journal<Int>()
    private let channel: any Channel

    /// - Parameter respond: what is sent for what was read, nil for nothing; on the server's loop.
    init(_ respond: @escaping @Sendable (String) -> ByteBuffer?) async throws {
        let connections = connections
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                connections.add(1)
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(respond))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    deinit { channel.close(promise: nil) }

    /// What a real server says to HELLO.
    static let welcome = "*4\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n"

    /// Welcomes whoever says HELLO, then sends what the test wants.
    static func welcoming(_ respond: @escaping @Sendable (String) -> ByteBuffer?) async throws -> FakeServer {
        try await FakeServer { said in
            said.contains("HELLO") ? ByteBuffer(string: welcome) : respond(said)
        }
    }
}
