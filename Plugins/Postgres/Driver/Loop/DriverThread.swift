import CLibPQ
import Glibc

/// Threads for work that waits in system calls, which the pool of Swift's tasks has none to spare for.
enum DriverThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts a thread that ends with its body. False when the system has none to give.
    ///
    /// - Parameter name: At most 15 bytes, for `ps` and debuggers.
    static func start(named name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        let body = Unmanaged.passRetained(Body(body))
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
        pthread_setname_np(thread, name)
        pthread_detach(thread)
        return true
    }
}
