import Glibc

/// Threads for work that waits in system calls, which the pool of Swift's tasks and the event loops have none to spare
/// for.
public enum DedicatedThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts a thread that ends with its body. False when the system has none to give.
    ///
    /// - Parameter name: At most 15 bytes, for `ps` and debuggers.
    public static func start(named name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        let body = Unmanaged.passRetained(
            Body {
                nameThisThread(name)
                body()
            })
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, body.toOpaque())
        guard code == 0 else {
            body.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    /// The system has no thread to give.
    public struct Exhausted: Error, CustomStringConvertible {
        public var description: String { "the system has no threads left" }
    }

    /// Runs work that waits in system calls on a thread made for it, and returns what it returns.
    ///
    /// Never a global dispatch queue: Swift's tasks run on the same few threads, and while work blocks all of them, no
    /// task goes on. Dispatch notices once a second and adds one thread.
    ///
    /// - Parameter name: As of ``start(named:_:)``.
    /// - Throws: What the work throws, or ``Exhausted``.
    public static func run<Value: Sendable>(
        named name: String, _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let isStarted = start(named: name) { continuation.resume(with: Result { try body() }) }
            if !isStarted { continuation.resume(throwing: Exhausted()) }
        }
    }

    /// The C library's function for it is not among those that Swift sees. Without `/proc` it stays without a name.
    private static func nameThisThread(_ name: String) {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = name.withCString { write(file, $0, min(strlen($0), 15)) }
        close(file)
    }
}
