import NIOPosix
import Synchronization
import Testing

@testable import PluginAPI

/// One real connection in one room, with small socket buffers, whose client reads only when told to.
struct SocketBench: Sendable {
    static let topic = Topic("a")

    private final class Held {
        weak var connection: RealtimeConnection?

        init(_ connection: RealtimeConnection) { self.connection = connection }
    }

    let hub: RealtimeHub
    let client: any Channel
    /// The server's end.
    let server: any Channel
    private let reader: SlowClient
    private let wire: WireFormatID
    private let held: NIOLoopBound<Held>
    private let given: FailureList

    /// - Parameters:
    ///   - early: written to the channel before the connection's handler is there.
    ///   - lastWords: what the peer is to read last when the connection is given up.
    static func run(
        outboundLimit: Int,
        early: String = "",
        lastWords: String? = nil,
        _ test: (SocketBench) async throws -> Void
    ) async throws {
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let clients = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var failure: (any Error)?
        do {
            let bench = try await connect(loops, clients, outboundLimit, early, lastWords)
            try await test(bench)
        } catch {
            failure = error
        }
        try await clients.shutdownGracefully()
        try await loops.shutdownGracefully()
        if let failure { throw failure }
    }

    private static func connect(
        _ loops: MultiThreadedEventLoopGroup,
        _ clients: MultiThreadedEventLoopGroup,
        _ outboundLimit: Int,
        _ early: String,
        _ lastWords: String?
    ) async throws -> SocketBench {
        let hub = RealtimeHub(eventLoops: [loops.next()])
        let wire = hub.add(PlainFormat(), owner: "Test")
        let accepted = loops.next().makePromise(of: (any Channel).self)
        let listener = try await ServerBootstrap(group: loops)
            .childChannelOption(.socketOption(.so_sndbuf), value: 4096)
            .childChannelInitializer { channel in
                accepted.succeed(channel)
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let reader = SlowClient()
        let client = try await ClientBootstrap(group: clients)
            .channelOption(.socketOption(.so_rcvbuf), value: 4096)
            .channelOption(.autoRead, value: false)
            .channelInitializer { $0.pipeline.addHandler(reader) }
            .connect(to: try #require(listener.localAddress)).get()
        let server = try await accepted.futureResult.get()
        let given = FailureList()
        let held = try await server.eventLoop.submit {
            // Not flushed: it waits although the socket could take it.
            if !early.isEmpty { server.write(ByteBuffer(string: early), promise: nil) }
            let rooms = try #require(hub.rooms(on: server.eventLoop))
            let connection = RealtimeConnection(
                id: ConnectionID(rawValue: "conn"), rooms: rooms, outboundLimit: outboundLimit, isEncrypted: false
            ) { failure in
                given.values.withLock { $0.append(failure) }
                return lastWords.map { ByteBuffer(string: $0) }
            }
            try server.pipeline.syncOperations.addHandler(connection)
            rooms.join(connection, topic: topic, wire: wire)
            return NIOLoopBound(Held(connection), eventLoop: server.eventLoop)
        }.get()
        return SocketBench(
            hub: hub, client: client, server: server, reader: reader, wire: wire, held: held, given: given)
    }
}

extension SocketBench {
    var failures: [RealtimeConnection.Failure] { given.values.withLock { $0 } }

    /// What the client has read so far.
    var received: String { reader.text }

    func publish(_ event: DomainEvent) { hub.publish(event, to: [Self.topic]) }

    /// Returns after everything that the loop had to do by now.
    func turn() async throws {
        try await server.eventLoop.submit {}.get()
        try await server.eventLoop.submit {}.get()
    }

    /// How much waits in this process; 0 once the connection is gone.
    func backlog() async throws -> Int {
        try await server.eventLoop.submit { held.value.connection?.backlog ?? 0 }.get()
    }

    func isFreed() async throws -> Bool {
        try await server.eventLoop.submit { held.value.connection == nil }.get()
    }

    func memberCount() async throws -> Int {
        try await server.eventLoop.submit {
            hub.rooms(on: server.eventLoop)?.memberCount(of: Self.topic, wire: wire) ?? 0
        }.get()
    }

    /// Lets the client read until it has got so many bytes in all.
    func read(until count: Int) async throws {
        let promise = client.eventLoop.makePromise(of: Void.self)
        reader.want(count, promise)
        // A future cannot be cancelled, so a test that waits in vain ends here.
        let limit = client.eventLoop.scheduleTask(in: .seconds(30)) { reader.giveUp() }
        defer { limit.cancel() }
        try await client.setOption(.autoRead, value: true).get()
        try await promise.futureResult.get()
    }
}

/// Gathers what was read.
private final class SlowClient: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private struct State {
        var bytes = ByteBuffer()
        var wanted: (count: Int, promise: EventLoopPromise<Void>)?

        mutating func due() -> EventLoopPromise<Void>? {
            guard let wanted, bytes.readableBytes >= wanted.count else { return nil }
            self.wanted = nil
            return wanted.promise
        }
    }

    private let state = Mutex(State())

    var text: String { state.withLock { String(buffer: $0.bytes) } }

    func want(_ count: Int, _ promise: EventLoopPromise<Void>) {
        state.withLock { state in
            state.wanted = (count, promise)
            return state.due()
        }?.succeed()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        state.withLock { state in
            state.bytes.writeBuffer(&bytes)
            return state.due()
        }?.succeed()
    }

    func channelInactive(context: ChannelHandlerContext) { giveUp() }

    /// What is waited for does not come any more.
    func giveUp() {
        let promise = state.withLock { exchange(&$0.wanted, with: nil)?.promise }
        promise?.fail(ChannelError.eof)
    }
}

private final class FailureList: Sendable {
    let values = Mutex<[RealtimeConnection.Failure]>([])
}
