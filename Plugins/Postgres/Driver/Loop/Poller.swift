import CLibPQ
import Glibc

/// Waits for sockets: `epoll`, level-triggered.
final class Poller {
    struct Event {
        /// Who the socket was added for.
        var token: UInt64
        var isReadable: Bool
        var isWritable: Bool
    }

    private let descriptor: CInt
    private var events = [epoll_event](repeating: epoll_event(), count: 32)

    /// Fails when the process has no descriptors left.
    init?() {
        descriptor = epoll_create1(CInt(EPOLL_CLOEXEC))
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    /// Begins to watch for input. False when the system refuses.
    func add(_ socket: CInt, token: UInt64) -> Bool { control(EPOLL_CTL_ADD, socket, token, writing: false) }

    /// Watches for input, and for room to write or no longer.
    func watch(_ socket: CInt, token: UInt64, writing: Bool) {
        _ = control(EPOLL_CTL_MOD, socket, token, writing: writing)
    }

    func remove(_ socket: CInt) { _ = control(EPOLL_CTL_DEL, socket, 0, writing: false) }

    /// Waits until something happens, or so many milliseconds; -1: for ever.
    func wait(milliseconds: CInt) -> [Event] {
        let count = epoll_wait(descriptor, &events, CInt(events.count), milliseconds)
        guard count > 0 else { return [] }
        return events[..<Int(count)].map { event in
            let problem = EPOLLERR.rawValue | EPOLLHUP.rawValue
            return Event(
                token: event.data.u64,
                isReadable: event.events & (EPOLLIN.rawValue | problem) != 0,
                isWritable: event.events & (EPOLLOUT.rawValue | problem) != 0)
        }
    }

    private func control(_ operation: CInt, _ socket: CInt, _ token: UInt64, writing: Bool) -> Bool {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | (writing ? EPOLLOUT.rawValue : 0)
        event.data.u64 = token
        return epoll_ctl(descriptor, operation, socket, &event) == 0
    }
}
