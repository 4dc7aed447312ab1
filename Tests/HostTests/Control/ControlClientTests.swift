import NIOCore
import NIOPosix
import PluginAPI
import Testing

@testable import HostCore

@Suite("Asking the running server", .timeLimit(.minutes(10)))
struct ControlClientTests {
    @Test("an answer counts also when the server has closed before the client has said all")
    func hasty() async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/c.sock"
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(HastyServer())
                }
            }
            .bind(unixDomainSocketPath: path).get()
        let configuration = try EffectiveConfiguration.load(
            path: nil, environment: ["REPLYHQ_CONTROL__SOCKET": path, "JWT_SECRET": "s"])
        let client = try ControlClient(of: configuration)
        for _ in 0..<2_000 {
            let answer = await Result { try await client.status() }
            guard case .success(let status) = answer else {
                Issue.record("\(answer)")
                break
            }
            #expect(status["ok"]?.boolValue == true)
        }
        try await server.close()
    }
}

/// Answers and closes with the first bytes of a request, as a server does to whom its head is enough.
private final class HastyServer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nConnection: close\r\n\r\n{\"ok\":true}"
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
        context.close(promise: nil)
    }
}
