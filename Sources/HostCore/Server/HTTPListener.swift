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
    private let loops: any EventLoopGroup
    private let certificates: ListenerCertificates?
    private let server: Mutex<(any Channel)?>
    /// What new connections get.
    private let current: CurrentDesk
    private let meters: ListenerMeters?

    /// - Throws: ``ListenerError`` for TLS files that cannot be used.
    init(
        configuration: ListenerConfiguration,
        loops: any EventLoopGroup,
        routes: RouteTable,
        edge: EdgePolicy,
        logger: Logger,
        meters: ListenerMeters? = nil
    ) throws(ListenerError) {
        self.loops = loops
        self.meters = meters
        if let files = configuration.tls {
            certificates = try ListenerCertificates(files)
        } else {
            certificates = nil
        }
        server = Mutex(nil)
        current = CurrentDesk(
            ConnectionDesk(
                configuration: configuration, loops: loops, routes: routes,
                edge: HTTPEdge(edge, isSecure: configuration.tls != nil, logger: logger, meters: meters), logger: logger
            ))
    }

    var desk: ConnectionDesk { current.value }

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
        DescriptorLimit.raise()
        let openNow = DescriptorLimit.openCount ?? 64
        let most = DescriptorLimit.connections(openNow: openNow)
        if most < configuration.maxConnections {
            desk.logger.warning(
                "The limit of open files (LimitNOFILE=, ulimit -n) allows fewer connections than server.max_connections",
                metadata: [
                    "open_files": "\(DescriptorLimit.current)", "connections": "\(most)",
                    "max_connections": "\(configuration.maxConnections)",
                ])
        }
        do {
            let channel = try await bootstrap(openNow: openNow).bind(host: configuration.host, port: configuration.port)
                .get()
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

    /// Other limits and another edge hold for connections that come from now on. Where it listens and whether it speaks
    /// TLS stays.
    func follow(_ configuration: ListenerConfiguration, _ edge: EdgePolicy) {
        let desk = desk
        var limits = configuration
        (limits.host, limits.port, limits.backlog, limits.tls) =
            (desk.configuration.host, desk.configuration.port, desk.configuration.backlog, desk.configuration.tls)
        current.value = ConnectionDesk(
            desk, configuration: limits,
            edge: HTTPEdge(edge, isSecure: limits.tls != nil, logger: desk.logger, meters: meters))
    }

    /// Reads the certificate that the files hold now; new connections are shown it when the answer is called. Nil: it is
    /// the same as before, or there is none.
    func renewedCertificate() throws(ListenerError) -> (@Sendable () -> Void)? {
        try certificates?.renewed()
    }

    private func bootstrap(openNow: Int) -> ServerBootstrap {
        let (current, certificates) = (current, certificates)
        // The bootstrap sets TCP_NODELAY on the listening socket, and accepted sockets inherit it.
        return ServerBootstrap(group: loops)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: CInt(clamping: current.value.configuration.backlog))
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let (desk, most) = (current.value, DescriptorLimit.connections(openNow: openNow))
                    let gate = AcceptGate(desk.connections, logger: desk.logger) {
                        min(current.value.configuration.maxConnections, most)
                    }
                    try channel.pipeline.syncOperations.addHandler(gate)
                    try closeOnExec(channel)
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let desk = current.value
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

/// The desk for new connections.
private final class CurrentDesk: Sendable {
    private let desk: Mutex<ConnectionDesk>

    init(_ desk: ConnectionDesk) { self.desk = Mutex(desk) }

    var value: ConnectionDesk {
        get { desk.withLock { $0 } }
        set { desk.withLock { $0 = newValue } }
    }
}

/// Keeps the listening socket from child processes: one that outlives this process would hold the port.
func closeOnExec(_ channel: any Channel) throws {
    let problem = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
        (handle: NIOBSDSocket.Handle) -> CInt in fcntl(handle, F_SETFD, FD_CLOEXEC) == 0 ? 0 : errno
    }
    if let problem, problem != 0 { throw IOError(errnoCode: problem, reason: "fcntl") }
}
