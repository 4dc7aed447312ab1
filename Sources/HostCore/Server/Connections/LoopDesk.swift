import NIOCore
import PluginAPI

/// What the connections of one event loop share.
final class LoopDesk: @unchecked Sendable {  // The wheel is touched on its loop only.
    let executor: EventLoopExecutor
    let timers: TimerWheel

    init(_ loop: any EventLoop) {
        executor = EventLoopExecutor(loop)
        timers = TimerWheel(eventLoop: loop)
    }
}
