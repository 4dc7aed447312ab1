import NIOCore
import PluginAPI

/// One deadline for a connection, on its loop's wheel; a request costs no timer of its own.
extension HTTP1Handler: TimerTarget {
    private static let lingeringTime = TimeAmount.seconds(2)

    /// When the present phase has taken too long; nil: there is no telling.
    private var deadline: NIODeadline? {
        switch phase {
        case .receiving:
            if let begun = decoder.begun { return begun + desk.configuration.requestTimeout }
            let idle = desk.configuration.idleTimeout
            return lastProgress + (isFirst ? min(idle, desk.configuration.requestTimeout) : idle)
        case .responding, .done: return nil
        case .streaming, .flushing: return lastProgress + desk.configuration.idleTimeout
        case .lingering: return lastProgress + Self.lingeringTime
        }
    }

    /// Tells the wheel of the present phase's deadline.
    func rearm() {
        if let deadline { timer?.arm(at: deadline) }
    }

    func timerFired(at now: NIODeadline) -> NIODeadline? {
        let patience = now + desk.configuration.idleTimeout
        guard let deadline, deadline <= now else { return min(deadline ?? patience, patience) }
        if case .receiving = phase, !isIdle {
            refuse(.timeout)
        } else {
            close()
        }
        return nil
    }

    func endTimer() {
        timer?.cancel()
        timer = nil
    }
}
