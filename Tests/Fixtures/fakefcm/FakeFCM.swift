import Glibc
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import NIOSSL
import PluginAPI

/// A Firebase and a token endpoint on NIO's HTTP/2, over TLS: what it answers to a push is said by the push's token.
///
/// Arguments: certificate, private key. It prints `listening <port>`, and for each request a line of JSON.
@main
enum FakeFCMMain {
    static func main() async throws {
        guard CommandLine.arguments.count == 3 else { exit(64) }
        signal(SIGPIPE, SIG_IGN)
        let chain = try NIOSSLCertificate.fromPEMFile(CommandLine.arguments[1])
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: CommandLine.arguments[2], format: .pem)))
        tls.applicationProtocols = ["h2"]
        let context = try NIOSSLContext(configuration: tls)
        let memory = FakeMemory()
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                }.flatMap {
                    let number = memory.connected()
                    return channel.configureHTTP2Pipeline(mode: .server) { stream in
                        stream.eventLoop.makeCompletedFuture {
                            try stream.pipeline.syncOperations.addHandlers([
                                HTTP2FramePayloadToHTTP1ServerCodec(),
                                FakeHandler(memory: memory, connection: number),
                            ])
                        }
                    }.map { _ in }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        FakeMemory.print("listening \(server.localAddress?.port ?? 0)")
        try await server.closeFuture.get()
    }
}
