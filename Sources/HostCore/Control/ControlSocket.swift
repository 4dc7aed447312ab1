import Glibc
import Logging
import NIOCore
import NIOPosix
import PluginAPI
import Synchronization

/// The socket through which commands and operators reach the running process: HTTP with JSON, for its own user and root
/// only.
final class ControlSocket: Sendable {
    let path: String
    private let desk: ConnectionDesk
    private let loops: any EventLoopGroup
    private let server = Mutex<(any Channel)?>(nil)

    /// - Throws: ``ControlSocketError`` if the stated path is another process's or cannot be used. Without a stated path
    ///   nil stands for "there is no place for one".
    init?(
        _ configuration: ControlConfiguration,
        of file: String?,
        loops: any EventLoopGroup,
        logger: Logger,
        routes: ControlRoutes
    ) throws {
        if let stated = configuration.socket {
            path = stated
            try Self.check(stated)
        } else {
            guard let folder = ControlPlace.usableFolder() else { return nil }
            for left in ControlPlace.sockets(of: file) where LocalSocket.listener(at: left) == .nobody { unlink(left) }
            path = "\(folder)/\(ControlPlace.prefix(of: file))\(getpid()).sock"
        }
        self.loops = loops
        var limits = ListenerConfiguration()
        limits.maxConnections = 64
        let table = RouteTable()
        try table.addRoutes({ routes.declare($0) }, by: "host")
        desk = ConnectionDesk(
            configuration: limits, loops: loops, routes: table,
            edge: HTTPEdge(EdgePolicy(), isSecure: false, logger: logger), logger: logger)
    }

    /// Listens. The socket appears under its name when it is ready and nobody else can open it.
    ///
    /// - Throws: ``ControlSocketError``.
    func start() async throws {
        let unfinished = "\(path)~"
        unlink(unfinished)
        do {
            let channel = try await bootstrap.bind(unixDomainSocketPath: unfinished).get()
            server.withLock { $0 = channel }
        } catch {
            throw ControlSocketError("the control socket \(path) cannot be made: \(ErrorText.plain(error))")
        }
        guard chmod(unfinished, 0o600) == 0, rename(unfinished, path) == 0 else {
            let reason = String(cString: strerror(errno))
            unlink(unfinished)
            await close()
            throw ControlSocketError("the control socket \(path) cannot be made: \(reason)")
        }
    }

    /// Ends it and removes the file; a request under way has a second to finish.
    func stop() async {
        if case .process(getpid(), _) = LocalSocket.listener(at: path) { unlink(path) }
        await close()
        await desk.connections.drain(until: .now() + .seconds(1), on: loops.next())
    }

    private func close() async {
        let channel = server.withLock { $0.take() }
        guard let channel else { return }
        channel.close(promise: nil)
        try? await channel.closeFuture.get()
    }

    private static func check(_ path: String) throws {
        switch LocalSocket.listener(at: path) {
        case .absent, .nobody: return
        case .process(let pid, _):
            throw ControlSocketError(
                "the control socket \(path) is that of the running process \(pid); stop it, or give this one another "
                    + "path in control.socket")
        case .unusable(let reason):
            throw ControlSocketError("the control socket \(path) cannot be used: \(reason)")
        }
    }

    private var bootstrap: ServerBootstrap {
        let desk = desk
        return ServerBootstrap(group: loops)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let gate = AcceptGate(desk.connections, logger: desk.logger) { desk.configuration.maxConnections }
                    try channel.pipeline.syncOperations.addHandler(gate)
                    try closeOnExec(channel)
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard try Self.isTrusted(channel) else {
                        desk.logger.warning("Another user's process was refused at the control socket")
                        throw ChannelError.operationUnsupported
                    }
                    try ConnectionSetup.setOptions(of: channel)
                    try ConnectionSetup.addHTTP1(to: channel, desk, isSecure: false)
                }
            }
    }

    /// The file's mode lets nobody else in; this holds also where a folder's or a file system's rights do not.
    private static func isTrusted(_ channel: any Channel) throws -> Bool {
        let peer = try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            LocalSocket.peer(of: $0)
        }
        guard let peer, let user = peer?.uid else { return false }
        return LocalSocket.trusts(user)
    }
}

/// There can be no control socket at the stated path.
struct ControlSocketError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
