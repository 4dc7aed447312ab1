import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// The one listener for HTTP and websockets.
///
/// Its life: ``start()``, ``stopAccepting()``, ``drain(until:)``. What it serves is the route table's business and may
/// change at any time.
final class HTTPListener: Sendable {
    let desk: ConnectionDesk
    private let loops: any EventLoopGroup
    private let certificates: ListenerCertificates?
    private let server: Mutex<(any Channel)?>

    /// - Throws: ``ListenerError`` for TLS files that cannot be used.
    init(
        configuration: ListenerConfiguration,
        loops: any EventLoopGroup,
        routes: RouteTable,
        edge: EdgePolicy,
        logger: Logger
    ) throws(ListenerError) {
        self.loops = loops
        if let files = configuration.tls {
            certificates = try ListenerCertificates(files)
        } else {
            certificates = nil
        }
        server = Mutex(nil)
        desk = ConnectionDesk(
            configuration: configuration, loops: loops, routes: routes,
            edge: HTTPEdge(edge, isSecure: configuration.tls != nil, logger: logger), logger: logger)
    }

    /// Where it listens; `nil` before the start and after the stop.
    var address: SocketAddress? { server.withLock { $0?.localAddress } }
    /// The port it listens on, also when the configured one was 0.
    var port: Int? { address?.port }
    /// Open connections, websockets among them.
    var connectionCount: Int { desk.connections.count }
    /// Open websockets.
    var webSocketCount: Int { desk.connections.webSocketCount }

    /// Binds and accepts.
    ///
    /// - Throws: ``ListenerError`` that says who holds the port, if it is taken.
    func start() async throws(ListenerError) {
        let configuration = desk.configuration
        do {
            let channel = try await bootstrap.bind(host: configuration.host, port: configuration.port).get()
            server.withLock { $0 = channel }
        } catch {
            throw ListenerError(binding: configuration.host, port: configuration.port, error)
        }
    }

    /// Closes the listening socket; open connections stay.
    func stopAccepting() async {
        let channel = server.withLock { server in
            defer { server = nil }
            return server
        }
        guard let channel else { return }
        channel.close(promise: nil)
        try? await channel.closeFuture.get()
    }

    /// Ends all connections: idle ones at once, those with a request after its answer. Returns when none is left; what
    /// is left at the deadline is closed. Websockets hear `ChannelShouldQuiesceEvent` and have the same time.
    func drain(until deadline: NIODeadline) async {
        await desk.connections.drain(until: deadline, on: loops.next())
    }

    /// Shows new connections the certificate that the files hold now; on an error the old one stays.
    func reloadCertificates() throws(ListenerError) {
        try certificates?.reload()
    }

    private var bootstrap: ServerBootstrap {
        let (desk, certificates) = (desk, certificates)
        return ServerBootstrap(group: loops)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // Accepted sockets take it over from the listening one.
            .serverChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .serverChannelOption(.backlog, value: CInt(clamping: desk.configuration.backlog))
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let gate = AcceptGate(desk.connections, limit: desk.configuration.maxConnections)
                    try channel.pipeline.syncOperations.addHandler(gate)
                    try closeOnExec(channel)
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try ConnectionSetup.setOptions(of: channel)
                    if let certificates {
                        try ConnectionSetup.addTLS(to: channel, desk, certificates.context)
                    } else {
                        try ConnectionSetup.addHTTP1(to: channel, desk, isSecure: false)
                    }
                }
            }
    }
}

/// Keeps the listening socket from child processes: one that outlives this process would hold the port.
private func closeOnExec(_ channel: any Channel) throws {
    let problem = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
        (handle: NIOBSDSocket.Handle) -> CInt in fcntl(handle, F_SETFD, FD_CLOEXEC) == 0 ? 0 : errno
    }
    if let problem, problem != 0 { throw IOError(errnoCode: problem, reason: "fcntl") }
}
