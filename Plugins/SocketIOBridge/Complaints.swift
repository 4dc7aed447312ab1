import PluginAPI
import Synchronization

/// Warnings about what others send, one in a while however much there is.
final class Complaints: Sendable {
    private struct State {
        var last: Timestamp?
        var keptBack = 0
    }

    private static let pause = Duration.seconds(60)

    private let logger: Logger
    private let clock: any WallClock
    private let state = Mutex(State())

    init(logger: Logger, clock: any WallClock) {
        self.logger = logger
        self.clock = clock
    }

    func warn(_ what: Logger.Message, _ metadata: Logger.Metadata) {
        let now = clock.now
        let keptBack: Int? = state.withLock { state in
            // A clock that was set back does not silence it.
            if let last = state.last, (.zero..<Self.pause).contains(now - last) {
                state.keptBack += 1
                return nil
            }
            state.last = now
            return exchange(&state.keptBack, with: 0)
        }
        guard let keptBack else { return }
        logger.warning(what, metadata: metadata.merging(["since_last_warning": "\(keptBack)"]) { $1 })
    }
}
