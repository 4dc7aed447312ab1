import Dispatch
import Glibc
import Synchronization

/// Writes whole log lines to standard error from a thread of its own, so that no event loop waits for a slow terminal
/// or pipe.
///
/// At most 8 MiB wait; beyond that lines are dropped and counted, and the count is written when there is room again.
public final class LogWriter: Sendable {
    private struct State {
        var lines: [UInt8] = []
        var isDraining = false
        var dropped = 0
    }

    private static let limit = 8 * 1024 * 1024
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "replyhq.log")
    private let descriptor: CInt

    public init(descriptor: CInt = STDERR_FILENO) {
        self.descriptor = descriptor
    }

    /// Hands a line over, without its newline.
    func write(_ line: [UInt8]) {
        let mustDrain = state.withLock { state in
            guard state.lines.count + line.count < Self.limit else {
                state.dropped += 1
                return false
            }
            state.lines.append(contentsOf: line)
            state.lines.append(UInt8(ascii: "\n"))
            defer { state.isDraining = true }
            return !state.isDraining
        }
        if mustDrain { queue.async { self.drain() } }
    }

    /// Returns when everything handed over so far is written, or after two seconds: a reader that has stopped must not
    /// keep the process from ending.
    public func flush() {
        let isWritten = DispatchSemaphore(value: 0)
        queue.async {
            self.drain()
            isWritten.signal()
        }
        _ = isWritten.wait(timeout: .now() + .seconds(2))
    }

    private func drain() {
        while true {
            let (bytes, dropped) = state.withLock { state in
                defer {
                    state.lines = []
                    state.dropped = 0
                }
                if state.lines.isEmpty { state.isDraining = false }
                return (state.lines, state.dropped)
            }
            guard !bytes.isEmpty else { return }
            put(bytes)
            if dropped > 0 { put(Array("… \(dropped) log lines were dropped: nobody reads fast enough\n".utf8)) }
        }
    }

    private func put(_ bytes: [UInt8]) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { pointer in
                Glibc.write(descriptor, pointer.baseAddress.map { $0 + offset }, bytes.count - offset)
            }
            if count > 0 {
                offset += count
            } else if errno == EAGAIN {
                // The descriptor is shared with somebody who made it non-blocking.
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&ready, 1, 1000)
            } else if errno != EINTR {
                // Nobody listens; the log is not worth stopping for.
                return
            }
        }
    }
}
