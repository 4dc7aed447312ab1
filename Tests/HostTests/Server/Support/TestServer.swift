import NIOPosix
import PluginAPI
import Synchronization

@testable import HostCore

/// A listener on a free port, with a few routes and one websocket that sends back whatever it gets.
struct TestServer {
    let listener: HTTPListener
    let routes: RouteTable
    let gate: TestGate
    let port: Int
    /// For tasks beside the test, which blocks its own thread.
    let beside: EventLoopExecutor

    /// Starts it, runs the test, and ends it; every test leaves no connection behind.
    static func run(
        _ configuration: ListenerConfiguration = ListenerConfiguration(),
        edge: EdgePolicy = EdgePolicy(),
        meters: ListenerMeters? = nil,
        _ test: (TestServer) async throws -> Void
    ) async throws {
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        // The test's sockets block, so it has a thread of its own and takes none from the tests beside it.
        let threads = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let routes = RouteTable()
        let gate = TestGate()
        try routes.addRoutes({ TestRoutes.declare($0, gate) }, by: "Test")
        try routes.addWebSocket(TestRoutes.echo, by: "Test")
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let listener = try HTTPListener(
            configuration: configuration, loops: loops, routes: routes, edge: edge, logger: logger, meters: meters)
        var failure: (any Error)?
        do {
            try await listener.start()
            let server = TestServer(
                listener: listener, routes: routes, gate: gate, port: listener.port ?? 0,
                beside: EventLoopExecutor(threads.next()))
            try await withTaskExecutorPreference(EventLoopExecutor(threads.next())) { try await test(server) }
        } catch {
            failure = error
        }
        gate.open()
        await listener.stopAccepting()
        await listener.drain(until: .now() + .seconds(1))
        try await loops.shutdownGracefully()
        try await threads.shutdownGracefully()
        if let failure { throw failure }
    }

    func connect() throws -> Wire { try Wire(port: port) }

    /// Whether nobody listens any more.
    ///
    /// More than one attempt: a program that another test just starts holds copies of all sockets until it runs.
    func refusesConnections() -> Bool {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            do {
                _ = try connect()
            } catch {
                // A full queue of a socket that still listens is no refusal.
                if (error as? Wire.Failure)?.text == "connect: Connection refused" { return true }
            }
        }
        return false
    }

    /// One request on a connection of its own.
    func answer(to request: String, isHead: Bool = false) throws -> WireAnswer {
        let wire = try connect()
        try wire.send(request)
        return try wire.answer(isHead: isHead)
    }
}

enum TestRoutes {
    static func declare(_ router: RouteCollection<HTTPContext>, _ gate: TestGate) {
        router.get("hello") { _, _ in "hello" }
        router.get("things/:id") { _, context in context.pathParameter("id") }
        router.post("echo") { request, _ in
            Response(status: .ok, body: ResponseBody(byteBuffer: try await request.body.collect(upTo: .max)))
        }
        router.get("client") { _, context in "\(context.clientAddress) \(context.requestID)" }
        router.get("empty") { _, _ in Response(status: .noContent) }
        router.get("medium/:letter") { _, context in String(repeating: context.pathParameter("letter"), count: 12_000) }
        router.get("large") { _, _ in
            Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(repeating: 0x61, count: 3_000_000)))
        }
        router.get("pieces") { _, _ in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    for piece in ["one ", "two ", "three"] { try await writer.write(ByteBuffer(string: piece)) }
                    try await writer.finish(nil)
                })
        }
        router.get("wrong-length") { _, _ in
            Response(
                status: .ok,
                body: ResponseBody(contentLength: 10) { writer in
                    try await writer.write(ByteBuffer(string: "four"))
                    try await writer.finish(nil)
                })
        }
        router.get("wait") { _, _ in
            try await gate.wait()
            return "waited"
        }
        router.get("fails") { _, _ -> String in throw Secret() }
        router.get("gone") { _, _ -> String in throw HTTPError(.gone, message: "It is gone.") }
        router.get("chat") { _, _ -> String in throw ChatError(.unavailable, "Not now", retryAfter: .seconds(3)) }
    }

    struct Secret: Error { let password = "hunter2" }

    static let echo = WebSocketEndpoint(
        paths: ["/socket"],
        accept: { upgrade in
            upgrade.query == "no"
                ? .refuse(.unauthorized, headers: [.retryAfter: "7"], body: "no entry")
                : .accept(headers: [.server: "echo"])
        },
        install: { channel, _ in try channel.pipeline.syncOperations.addHandler(EchoHandler()) })
}

/// Writes at once, and flushes when the read is complete, as real wires do.
private final class EchoHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { context.write(data, promise: nil) }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }
}

/// Holds requests until the test lets them go.
final class TestGate: Sendable {
    private struct State {
        var isOpen = false
        var arrivals = 0
        var cancelled = 0
        var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
        var watchers: [(@Sendable (Int, Int) -> Bool, CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.resume() }
    }

    func wait() async throws {
        let id = state.withLock { state in
            state.arrivals += 1
            return state.arrivals
        }
        announce()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isOpen = state.withLock { state in
                    if !state.isOpen { state.waiting[id] = continuation }
                    return state.isOpen
                }
                if isOpen { continuation.resume() }
            }
        } onCancel: {
            let continuation = state.withLock { state in
                state.cancelled += 1
                return state.waiting.removeValue(forKey: id)
            }
            announce()
            continuation?.resume(throwing: CancellationError())
        }
    }

    /// Returns once so many requests have come.
    func arrivals(_ count: Int) async { await until { arrivals, _ in arrivals >= count } }

    /// Returns once so many waiting requests were cancelled.
    func cancellations(_ count: Int) async { await until { _, cancelled in cancelled >= count } }

    private func until(_ condition: @escaping @Sendable (Int, Int) -> Bool) async {
        await withCheckedContinuation { continuation in
            state.withLock { $0.watchers.append((condition, continuation)) }
            announce()
        }
    }

    private func announce() {
        let met = state.withLock { state in
            let counts = (state.arrivals, state.cancelled)
            let met = state.watchers.filter { $0.0(counts.0, counts.1) }
            state.watchers.removeAll { $0.0(counts.0, counts.1) }
            return met
        }
        for (_, continuation) in met { continuation.resume() }
    }
}
