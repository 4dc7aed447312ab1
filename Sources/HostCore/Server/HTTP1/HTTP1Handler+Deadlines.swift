import NIOCore

/// One alarm for a connection, moved only when it rings or must ring earlier; a request costs no timer.
extension HTTP1Handler {
    static let lingeringTime = TimeAmount.seconds(2)

    /// When the present phase has taken too long.
    var deadline: NIODeadline {
        switch phase {
        case .receiving:
            if let begun = decoder.begun { return begun + desk.configuration.requestTimeout }
            let idle = desk.configuration.idleTimeout
            return lastProgress + (isFirst ? min(idle, desk.configuration.requestTimeout) : idle)
        case .responding, .done: return .distantFuture
        case .streaming, .flushing: return lastProgress + desk.configuration.idleTimeout
        case .lingering: return lastProgress + Self.lingeringTime
        }
    }

    /// Moves the alarm if it would ring too late.
    func rearm() {
        let deadline = deadline
        if deadline < armedUntil { arm(at: deadline) }
    }

    func arm(at deadline: NIODeadline) {
        guard let context else { return }
        alarm?.cancel()
        armedUntil = min(deadline, .now() + desk.configuration.idleTimeout)
        alarm = context.eventLoop.assumeIsolated().scheduleTask(deadline: armedUntil) { self.ring() }
    }

    private func ring() {
        let deadline = deadline
        guard deadline <= .now() else { return arm(at: deadline) }
        if case .receiving = phase, !isIdle {
            refuse(.timeout)
        } else {
            close()
        }
    }
}
