import NIOCore
import PluginAPI

/// The end of the token is the end of the socket.
extension AdminHandler: TimerTarget {
    /// How long a socket outlives its token, so that a refresh in time costs no reconnect.
    private static let grace = Duration.seconds(60)

    func armExpiry(_ timers: TimerWheel) {
        guard let expiresAt = principal.expiresAt else { return }
        let left = expiresAt.adding(milliseconds: Self.grace.wholeMilliseconds).milliseconds(since: namespace.clock.now)
        let timer = timers.makeTimer(for: self)
        timer.arm(at: eventLoop.now + .milliseconds(max(0, left)))
        expiry = timer
    }

    func timerFired(at now: NIODeadline) -> NIODeadline? {
        socket?.disconnect(.tokenExpired)
        return nil
    }
}
