import Glibc

/// The signals that mean something to the process: SIGHUP, SIGINT and SIGTERM.
///
/// They are blocked in every thread and taken by one that waits for nothing else (`sigtimedwait(2)`): no thread that a
/// plugin holds stands between a signal and what it means.
public enum ProcessSignals {
    /// From now on the signals wait, in this thread and in those that it starts, so it is called before any other thread
    /// is there. Writing to a pipe that nobody reads is an error, and not the end.
    public static func hold() {
        signal(SIGPIPE, SIG_IGN)
        change(SIG_BLOCK)
    }

    /// They mean what they usually do, also those that waited: this thread takes them.
    public static func release() { change(SIG_UNBLOCK) }

    /// Does something that must not be cut short: meanwhile the signals mean nothing.
    static func ignoring<Value>(_ body: () -> Value) -> Value {
        let numbers = [SIGHUP, SIGINT, SIGTERM]
        let old = numbers.map { signal($0, SIG_IGN) }
        defer { for (number, handler) in zip(numbers, old) { signal(number, handler) } }
        return body()
    }

    /// The next signal; nil when none came in time. Without a limit it waits for one.
    static func next(within limit: Duration?) -> CInt? {
        var set = set
        guard let limit else {
            let number = sigwaitinfo(&set, nil)
            return number > 0 ? number : nil
        }
        let nanoseconds = max(0, limit.components.attoseconds / 1_000_000_000)
        var time = timespec(tv_sec: Int(max(0, limit.components.seconds)), tv_nsec: Int(nanoseconds))
        let number = sigtimedwait(&set, nil, &time)
        return number > 0 ? number : nil
    }

    /// As a person writes it.
    static func name(of number: CInt) -> String {
        switch number {
        case SIGHUP: "SIGHUP"
        case SIGINT: "SIGINT"
        case SIGTERM: "SIGTERM"
        default: "signal \(number)"
        }
    }

    private static var set: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGHUP, SIGINT, SIGTERM] { sigaddset(&set, number) }
        return set
    }

    private static func change(_ how: CInt) {
        var set = set
        pthread_sigmask(how, &set, nil)
    }
}
