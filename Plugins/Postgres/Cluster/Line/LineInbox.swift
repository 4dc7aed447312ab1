import CLibPQ
import Glibc
import Synchronization

/// Where other threads leave what the line's thread is to do.
final class LineInbox: Sendable {
    enum Message: Sendable {
        case perform(@Sendable () -> Void)
        case observe(@Sendable (LineEvent) -> Void)
        case notify(OutgoingNotification)
        case connected(ConnectedHandle)
        case connectFailed(PostgresFailure)
        case close
    }

    private struct State {
        var messages: [Message] = []
        var hasEnded = false
    }

    private let state = Mutex(State())
    /// Readable while there are messages.
    let bell: CInt

    /// Fails when the process has no descriptors left.
    init?() {
        bell = eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK))
        if bell < 0 { return nil }
    }

    deinit { Glibc.close(bell) }

    /// False: the line has ended, and the message is nobody's.
    @discardableResult
    func post(_ message: Message) -> Bool {
        let (isTaken, isFirst) = state.withLock { state in
            if state.hasEnded { return (false, false) }
            state.messages.append(message)
            return (true, state.messages.count == 1)
        }
        var one: UInt64 = 1
        if isFirst { _ = Glibc.write(bell, &one, 8) }
        return isTaken
    }

    func take() -> [Message] {
        var count: UInt64 = 0
        _ = read(bell, &count, 8)
        return state.withLock { state in
            defer { state.messages.removeAll(keepingCapacity: true) }
            return state.messages
        }
    }

    /// The line ends; these are the last messages.
    func end() -> [Message] {
        state.withLock { state in
            state.hasEnded = true
            defer { state.messages = [] }
            return state.messages
        }
    }
}
