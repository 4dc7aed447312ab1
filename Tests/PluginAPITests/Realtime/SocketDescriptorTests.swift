import NIOEmbedded
import NIOPosix
import PluginAPI
import Testing

@Suite("The descriptor of a channel's socket")
struct SocketDescriptorTests {
    @Test("it is the one that NIO lends", .timeLimit(.minutes(10)))
    func socket() async throws {
        try await SocketBench.run(outboundLimit: 1_000) { bench in
            let (found, lent) = try await bench.server.eventLoop.submit {
                let lent = try bench.server.pipeline.syncOperations.withUnsafeTransportIfAvailable(
                    of: NIOBSDSocket.Handle.self
                ) { (handle: NIOBSDSocket.Handle) -> CInt in handle }
                return (bench.server.socketDescriptor, lent)
            }.get()
            #expect(found != nil && found == lent)
        }
    }

    @Test("a channel without a socket has none")
    func none() {
        #expect(EmbeddedChannel().socketDescriptor == nil)
    }
}
