import NIOCore
import PluginAPI

/// Ends an agent's connection a minute after its token, so that a refresh in time costs no reconnect.
final class AdminExpiry: TimerTarget {
    private static let grace = Duration.seconds(60)

    private weak var transport: LegacyTransport?
    private var timer: TimerWheel.Timer?

    /// Nil: the login does not end.
    init?(of principal: AdminPrincipal, _ transport: LegacyTransport, _ door: AdminDoor) {
        guard let expiresAt = principal.expiresAt, let rooms = door.hub.rooms(on: transport.eventLoop) else {
            return nil
        }
        self.transport = transport
        let left = (expiresAt + Self.grace).milliseconds(since: door.clock.now)
        let timer = rooms.timers.makeTimer(for: self)
        timer.arm(at: transport.eventLoop.now + Duration.milliseconds(left).deadlineAmount)
        self.timer = timer
    }

    func timerFired(at now: NIODeadline) -> NIODeadline? {
        transport?.close(.tokenExpired)
        return nil
    }

    func cancel() { timer?.cancel() }
}
