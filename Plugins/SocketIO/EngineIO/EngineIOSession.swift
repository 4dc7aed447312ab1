import NIOCore
import PluginAPI

/// One Engine.IO session after its open packet: heartbeat, connect timeout, and what each packet of the client means.
///
/// The deadline is lazy. ``nextDeadline`` is set only by ``init(timings:openedAt:)`` and ``timerFired(at:)``, and lies
/// so early that nothing a client sends can make an earlier one necessary; a pong therefore touches no timer.
struct EngineIOSession: Sendable {
    private enum State {
        case idle(pingAt: NIODeadline)
        case awaitingPong(until: NIODeadline)
        case closed
    }

    enum TimerAction: Sendable, Hashable {
        case sendPing(checkAt: NIODeadline)
        case sleep(until: NIODeadline)
        case close(CloseReason)
        case nothing
    }

    enum PacketAction: Sendable, Hashable {
        /// The text of a Socket.IO packet.
        case message(ByteBuffer)
        /// An attachment of a Socket.IO packet.
        case attachment(ByteBuffer)
        /// Answer with a pong packet of this payload.
        case sendPong(ByteBuffer)
        /// Close the websocket, without an answer.
        case close(CloseReason)
        /// The client is alive.
        case pong
        case nothing
    }

    private let pingInterval: TimeAmount
    private let pingTimeout: TimeAmount
    private var state: State
    private var joinBy: NIODeadline?

    /// When ``timerFired(at:)`` has to be called next; nil once closed. Calling it earlier or more often does no harm.
    private(set) var nextDeadline: NIODeadline?

    init(timings: EngineIOTimings, openedAt now: NIODeadline) {
        pingInterval = timings.pingInterval.deadlineAmount
        pingTimeout = timings.pingTimeout.deadlineAmount
        let pingAt = now + pingInterval
        let joinBy = now + timings.connectTimeout.deadlineAmount
        state = .idle(pingAt: pingAt)
        self.joinBy = joinBy
        nextDeadline = min(pingAt, joinBy)
    }

    /// Whether the session has ended; all further events are ignored.
    var isClosed: Bool {
        if case .closed = state { return true }
        return false
    }

    /// The deadline has come.
    mutating func timerFired(at now: NIODeadline) -> TimerAction {
        if !isClosed, let joinBy, joinBy <= now { return .close(end(.forcedClose)) }
        switch state {
        case .idle(let pingAt) where now < pingAt:
            return .sleep(until: wake(at: pingAt))
        case .idle:
            let until = now + pingTimeout
            state = .awaitingPong(until: until)
            return .sendPing(checkAt: wake(at: min(until, now + pingInterval)))
        case .awaitingPong(let until) where now < until:
            // A pong right now would make the next ping due an interval from now.
            return .sleep(until: wake(at: min(until, now + pingInterval)))
        case .awaitingPong:
            return .close(end(.pingTimeout))
        case .closed:
            return .nothing
        }
    }

    /// The client has sent a text frame.
    mutating func textReceived(_ text: ByteBuffer, at now: NIODeadline) -> PacketAction {
        guard !isClosed else { return .nothing }
        guard let packet = EngineIOPacket(parsing: text) else { return .close(end(.parseError)) }
        switch packet.kind {
        case .message:
            return .message(packet.payload)
        case .pong:
            // One nobody asked for only shows that the client is alive.
            state = .idle(pingAt: now + pingInterval)
            return .pong
        case .ping:
            // Clients of this version should not ping; some do, and an answer costs less than a reconnect.
            return .sendPong(packet.payload)
        case .close:
            return .close(end(.transportClose))
        case .open, .upgrade, .noop:
            return .nothing
        }
    }

    /// The client has sent a binary frame.
    mutating func binaryReceived(_ bytes: ByteBuffer) -> PacketAction {
        isClosed ? .nothing : .attachment(bytes)
    }

    /// A namespace was joined: the connect timeout no longer applies.
    mutating func joined() {
        joinBy = nil
    }

    /// The connection has ended, or we end it.
    mutating func closed() {
        _ = end(.transportClose)
    }

    private mutating func end(_ reason: CloseReason) -> CloseReason {
        state = .closed
        joinBy = nil
        nextDeadline = nil
        return reason
    }

    private mutating func wake(at deadline: NIODeadline) -> NIODeadline {
        let wake = joinBy.map { min($0, deadline) } ?? deadline
        nextDeadline = wake
        return wake
    }
}
