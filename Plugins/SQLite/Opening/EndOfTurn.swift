import NIOPosix
import PluginAPI

/// When what was asked for on an event loop is handed to another thread.
enum EndOfTurn {
    /// Runs a piece of work behind everything that the current turn of the event loop has to do; at once on any other
    /// thread.
    static func run(_ work: @escaping @Sendable () -> Void) {
        if let loop = MultiThreadedEventLoopGroup.currentEventLoop { loop.execute(work) } else { work() }
    }
}
