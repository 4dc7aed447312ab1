import NIOCore
import NIOPosix
import PluginAPI

/// The host's own thread: an event loop that serves no client and runs no plugin's code.
///
/// The supervisor, reloads, the end of the process and the control socket run here, so that none of them waits for a
/// thread that a plugin holds. What runs here must not block.
enum HostLoop {
    static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    static let loop: any EventLoop = group.next()
    /// For tasks of the host.
    static let executor = EventLoopExecutor(loop)
    /// For actors of the host.
    static let serialExecutor: any SerialExecutor = loop.executor
}
