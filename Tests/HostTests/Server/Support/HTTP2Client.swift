import NIOCore
import NIOPosix
import NIOSSL
import PluginAPI
import Synchronization

/// A client of HTTP/2 over TLS that writes its frames by hand (RFC 9113 section 4.1) and notes which streams are
/// answered. It gives the connection's window back and no stream's, so that a large answer stays where it is.
final class HTTP2Client: Sendable {
    struct Failure: Error { let text: String }

    private static let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    private static let (headers, reset, settings, ping): (UInt8, UInt8, UInt8, UInt8) = (1, 3, 4, 6)

    private let channel: any Channel
    private let frames: Frames
    private let loops: MultiThreadedEventLoopGroup

    private init(channel: any Channel, frames: Frames, loops: MultiThreadedEventLoopGroup) {
        self.channel = channel
        self.frames = frames
        self.loops = loops
    }

    static func connect(to port: Int) async throws -> HTTP2Client {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        configuration.applicationProtocols = ["h2"]
        let context = try NIOSSLContext(configuration: configuration)
        let (frames, loops) = (Frames(), MultiThreadedEventLoopGroup(numberOfThreads: 1))
        let channel = try await ClientBootstrap(group: loops).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandlers(
                    NIOSSLClientHandler(context: context, serverHostname: nil), FrameReader(frames))
            }
        }.connect(host: "127.0.0.1", port: port).get()
        let client = HTTP2Client(channel: channel, frames: frames, loops: loops)
        var beginning = ByteBuffer(string: preface)
        beginning.writeFrame(settings, flags: 0, stream: 0, [])
        try await channel.writeAndFlush(beginning).get()
        return client
    }

    /// The number of the client's streams in turn.
    static func stream(_ place: Int) -> UInt32 { UInt32(2 * place + 1) }

    func get(_ path: String, on stream: UInt32) async throws {
        // HPACK (RFC 7541): two indexed fields, then two literals with indexed names that are not kept.
        let path = Array(path.utf8)
        let block: [UInt8] = [0x82, 0x87, 0x01, 1, UInt8(ascii: "a"), 0x04, UInt8(path.count)] + path
        try await send(Self.headers, flags: 0x5, stream: stream, block)
    }

    func reset(_ stream: UInt32) async throws {
        try await send(Self.reset, flags: 0, stream: stream, [0, 0, 0, 8])
    }

    /// Returns when the server has done with what was sent before, and has turned its loop once since.
    func fence() async throws {
        for _ in 0..<2 {
            let count = frames.pongs
            try await send(Self.ping, flags: 0, stream: 0, Array(repeating: 0, count: 8))
            try await frames.until { $0.pongs > count }
        }
    }

    /// The status of an answer, once its head has come: 200, or 0 for any other.
    func answer(_ stream: UInt32) async throws -> Int {
        try await frames.until { $0.statuses[stream] != nil }
        return frames.status(of: stream)
    }

    func close() async {
        try? await channel.close().get()
        try? await loops.shutdownGracefully()
    }

    private func send(_ type: UInt8, flags: UInt8, stream: UInt32, _ payload: [UInt8]) async throws {
        var frame = ByteBuffer()
        frame.writeFrame(type, flags: flags, stream: stream, payload)
        try await channel.writeAndFlush(frame).get()
    }

    /// What has come.
    final class Frames: Sendable {
        struct State {
            var statuses: [UInt32: Int] = [:]
            var pongs = 0
            var hasEnded = false
            var watchers: [(@Sendable (State) -> Bool, CheckedContinuation<Void, any Error>)] = []
        }

        private let state = Mutex(State())

        var pongs: Int { state.withLock { $0.pongs } }
        func status(of stream: UInt32) -> Int { state.withLock { $0.statuses[stream] ?? 0 } }

        func until(_ condition: @escaping @Sendable (State) -> Bool) async throws {
            try await withCheckedThrowingContinuation { continuation in
                change { $0.watchers.append((condition, continuation)) }
            }
        }

        func change(_ edit: (inout State) -> Void) {
            let (met, failed) = state.withLock { state in
                edit(&state)
                let now = state
                let met = state.watchers.filter { $0.0(now) }.map(\.1)
                state.watchers.removeAll { $0.0(now) }
                return (met, now.hasEnded ? exchange(&state.watchers, with: []).map(\.1) : [])
            }
            for continuation in met { continuation.resume() }
            for continuation in failed { continuation.resume(throwing: Failure(text: "the connection has ended")) }
        }
    }

    private final class FrameReader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let frames: Frames
        private var bytes = ByteBuffer()

        init(_ frames: Frames) { self.frames = frames }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var more = unwrapInboundIn(data)
            bytes.writeBuffer(&more)
            while let head = bytes.getBytes(at: bytes.readerIndex, length: 9) {
                let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
                guard bytes.readableBytes >= 9 + length else { return }
                bytes.moveReaderIndex(forwardBy: 9)
                let payload = bytes.readBytes(length: length) ?? []
                let stream = head[5...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                received(head[3], flags: head[4], stream: stream, payload, context)
            }
        }

        private func received(
            _ type: UInt8, flags: UInt8, stream: UInt32, _ payload: [UInt8], _ context: ChannelHandlerContext
        ) {
            var answer = ByteBuffer()
            switch type {
            case 0 where !payload.isEmpty:
                let increment = withUnsafeBytes(of: UInt32(payload.count).bigEndian) { Array($0) }
                answer.writeFrame(8, flags: 0, stream: 0, increment)
            // Indexed field 8 of HPACK's static table is ":status: 200".
            case HTTP2Client.headers: frames.change { $0.statuses[stream] = payload.first == 0x88 ? 200 : 0 }
            case HTTP2Client.settings where flags & 1 == 0:
                answer.writeFrame(HTTP2Client.settings, flags: 1, stream: 0, [])
            case HTTP2Client.ping where flags & 1 == 1: frames.change { $0.pongs += 1 }
            default: return
            }
            if answer.readableBytes > 0 { context.writeAndFlush(wrapOutboundOut(answer), promise: nil) }
        }

        func channelInactive(context: ChannelHandlerContext) { frames.change { $0.hasEnded = true } }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

extension ByteBuffer {
    fileprivate mutating func writeFrame(_ type: UInt8, flags: UInt8, stream: UInt32, _ payload: [UInt8]) {
        writeInteger(UInt8(payload.count >> 16))
        writeInteger(UInt16(payload.count & 0xFFFF))
        writeInteger(type)
        writeInteger(flags)
        writeInteger(stream)
        writeBytes(payload)
    }
}
