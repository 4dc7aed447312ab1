import Glibc
import Logging
import NIOCore
import PluginAPI

/// Pauses accepting while too many connections are open or no descriptor is left; the kernel's queue holds the others
/// meanwhile. A pause that lasts is said once, and so is its end.
final class AcceptGate: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never

    private enum Cause {
        case connections(Int)
        case system(CInt)

        var logLevel: Logger.Level {
            switch self {
            case .connections: .warning
            case .system: .error
            }
        }
    }

    /// Between two tries when the system has given no descriptor, and until a pause is worth a line.
    private static let pause = TimeAmount.seconds(1)
    /// How long there must have been room before that is worth a line: where the limit is just reached, each connection
    /// that closes makes room for one.
    private static let quiet = TimeAmount.seconds(5)

    private let connections: ConnectionRegistry
    private let logger: Logger
    private let limit: () -> Int

    /// Why nothing is accepted now, and since when.
    private var cause: (Cause, since: NIODeadline)?
    /// At which level the pause was said, and so is its end; nil: it was not.
    private var said: Logger.Level?
    private var isFull = false
    private var lastFull = NIODeadline.now()
    private var isWaiting = false
    private var isRecovering = false

    /// - Parameter limit: may change.
    init(_ connections: ConnectionRegistry, logger: Logger, limit: @escaping () -> Int) {
        self.connections = connections
        self.logger = logger
        self.limit = limit
    }

    /// Registers a connection as soon as it is there, so that none slips through while others are being set up.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connections.add(unwrapInboundIn(data))
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        guard !isWaiting else { return }
        let loopBound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let limit = limit()
        let hasRoom = connections.hasRoom(below: limit) {
            loopBound.eventLoop.execute { loopBound.value.read() }
        }
        guard hasRoom else { return began(.connections(limit), context) }
        if case .connections? = cause?.0 { recover(context) }
        context.read()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // The error of this round, if there was one, has come before.
        if case .system? = cause?.0, !isWaiting { recover(context) }
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, Self.isShortage(error.errnoCode) else {
            return context.fireErrorCaught(error)
        }
        began(.system(error.errnoCode), context)
        guard !isWaiting else { return }
        isWaiting = true
        // The read that failed is still wanted, and the queue still has someone: without this it is tried at once again.
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
            self.isWaiting = false
            try? context.channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }

    private static func isShortage(_ code: CInt) -> Bool { [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(code) }

    private func began(_ new: Cause, _ context: ChannelHandlerContext) {
        let now = NIODeadline.now()
        (isFull, lastFull) = (true, now)
        guard let since = cause?.since else {
            cause = (new, now)
            context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
                if self.isFull { self.say() }
            }
            return
        }
        if since + Self.pause <= now { say() }
    }

    /// There is room; it is over if that lasts.
    private func recover(_ context: ChannelHandlerContext) {
        isFull = false
        guard !isRecovering else { return }
        isRecovering = true
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.quiet) {
            self.isRecovering = false
            guard !self.isFull else { return }
            if self.lastFull + Self.quiet <= .now() { self.ended() } else { self.recover(context) }
        }
    }

    private func say() {
        guard let cause = cause?.0, said == nil else { return }
        said = cause.logLevel
        let open = connections.count
        switch cause {
        case .connections(let limit):
            logger.log(
                level: cause.logLevel,
                "No more connections are accepted until others close: max_connections or open file descriptors",
                metadata: ["connections": "\(open)", "limit": "\(limit)", "open_files": "\(DescriptorLimit.current)"])
        case .system(let code):
            logger.log(
                level: cause.logLevel,
                "No connections can be accepted: the system gives no file descriptor; raise the limit of open files",
                metadata: [
                    "connections": "\(open)", "error": "\(String(cString: strerror(code)))",
                    "open_files": "\(DescriptorLimit.current)",
                ])
        }
    }

    private func ended() {
        cause = nil
        guard let level = exchange(&said, with: nil) else { return }
        logger.log(
            level: level, "Connections are accepted again", metadata: ["connections": "\(connections.count)"])
    }
}
