import Glibc
import NIOPosix
import NIOSSL
import PluginAPI
import Testing

@Suite("Errors in plain words")
struct ErrorTextTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    @Test("the system's errors are said in its words, and others in their own")
    func words() {
        let reset = IOError(errnoCode: ECONNRESET, reason: "read(descriptor:pointer:size:)")
        #expect(ErrorText.plain(reset) == "Connection reset by peer")
        #expect(ErrorText.plain(ChannelError.inputClosed) == "the connection was closed")
        #expect(ErrorText.plain(ChannelError.connectTimeout(.seconds(1))) == "no answer in time")
        #expect(ErrorText.plain(NIOSSLError.uncleanShutdown) == "the connection was closed")
        #expect(ErrorText.plain(PlainTestError()) == "what went wrong")
    }

    @Test("what lies behind a chat's error is said instead of what clients are told, and in the log beside it")
    func cause() {
        let reset = IOError(errnoCode: ECONNRESET, reason: "read(descriptor:pointer:size:)")
        let error = ChatError(.unavailable, "Try again", underlying: reset)
        #expect(ErrorText.cause(of: error) == "Connection reset by peer")
        #expect(ErrorText.cause(of: ChatError(.conflict, "It exists")) == "It exists")
        #expect(
            ErrorText.cause(of: ChatError(.internalError, "Outer", underlying: error)) == "Connection reset by peer")
        let detail = ErrorText.detailed(error)
        #expect(detail.hasPrefix("SERVICE_UNAVAILABLE: Try again (at ") && !detail.contains("descriptor"))
        #expect(detail.hasSuffix("because of Connection reset by peer)"))
    }

    @Test("a connection that could not be made is said by its reason, once for all addresses of the host")
    func connecting() async throws {
        let listener = try await ServerBootstrap(group: loop).bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        try await listener.close()
        let client = ClientBootstrap(group: loop)
        var error = await #expect(throws: (any Error).self) {
            try await client.connect(host: "localhost", port: port).get()
        }
        #expect(error.map(ErrorText.plain) == "Connection refused")
        error = await #expect(throws: (any Error).self) {
            try await client.connect(host: "no-such-host.invalid", port: 1).get()
        }
        // The resolver's words, which say whether there is no such name or nobody who knows.
        let text = error.map(ErrorText.plain) ?? ""
        #expect(text.hasPrefix("no-such-host.invalid: ") && !text.contains("Error") && !text.contains(";"))
        error = await #expect(throws: (any Error).self) {
            try await client.connect(unixDomainSocketPath: "/no/such/socket").get()
        }
        #expect(error.map(ErrorText.plain) == "No such file or directory")
    }

    @Test("a TLS handshake that fails is said by its reason")
    func handshake() async throws {
        // Its first bytes are no TLS.
        let listener = try await ServerBootstrap(group: loop)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Greeting()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let context = try NIOSSLContext(configuration: .makeClientConfiguration())
        let seen = loop.makePromise(of: String.self)
        let channel = try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: "example.com"))
                    try pipeline.addHandler(FirstError(seen))
                }
            }
            .connect(to: try #require(listener.localAddress)).get()
        #expect(try await seen.futureResult.get() == "the TLS handshake failed: WRONG_VERSION_NUMBER")
        try? await channel.close()
        try await listener.close()
    }
}

/// Speaks first, and not TLS.
private final class Greeting: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "220 mail.example.com ESMTP\r\n")), promise: nil)
    }
}

/// Tells the first error of its channel.
private final class FirstError: ChannelInboundHandler {
    typealias InboundIn = Never

    private let seen: EventLoopPromise<String>

    init(_ seen: EventLoopPromise<String>) { self.seen = seen }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { seen.succeed(ErrorText.plain(error)) }

    func channelInactive(context: ChannelHandlerContext) { seen.succeed("no error") }
}

private struct PlainTestError: Error, CustomStringConvertible {
    let description = "what went wrong"
}
