import NIOCore
import PluginAPI

/// Whether a peer is still there (`legacy-ws.md` 4): a protocol ping at an interval, the end for one that left the ping
/// before unanswered, and the end for one that gave no sign of life for long. A value: time is an argument.
///
/// A sign of life moves no timer; whoever keeps the value looks again when ``timerFired(at:)`` said.
struct LegacyHeartbeat: Sendable {
    enum Action: Sendable, Hashable {
        /// Send a ping and look again then.
        case ping(next: NIODeadline)
        case sleep(until: NIODeadline)
        /// The ping before was not answered: end without a word.
        case terminate
        /// Silent for too long: say so and close.
        case stale
    }

    private let interval: TimeAmount?
    private let patience: TimeAmount
    private var isAnswered = true
    private var pingAt: NIODeadline
    private var lastSign: NIODeadline

    /// - Parameters:
    ///   - pingInterval: zero: no pings are sent.
    ///   - staleAfter: how long a peer may be silent.
    init(pingInterval: Duration, staleAfter: Duration, openedAt now: NIODeadline) {
        interval = pingInterval > .zero ? pingInterval.deadlineAmount : nil
        patience = staleAfter.deadlineAmount
        lastSign = now
        pingAt = now + (interval ?? patience)
    }

    /// When ``timerFired(at:)`` has to be called first.
    var firstDeadline: NIODeadline { next }

    /// A protocol pong or a JSON ping.
    mutating func signOfLife(at now: NIODeadline) {
        isAnswered = true
        lastSign = now
    }

    mutating func timerFired(at now: NIODeadline) -> Action {
        if now >= lastSign + patience { return .stale }
        guard let interval, now >= pingAt else { return .sleep(until: next) }
        guard isAnswered else { return .terminate }
        isAnswered = false
        pingAt = now + interval
        return .ping(next: next)
    }

    private var next: NIODeadline {
        let staleAt = lastSign + patience
        return interval == nil ? staleAt : min(pingAt, staleAt)
    }
}
