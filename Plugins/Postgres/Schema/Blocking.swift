import Dispatch
import Glibc
import PluginAPI

/// Runs work that blocks on a thread made for that.
enum Blocking {
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try body() }) }
        }
    }

    /// Lets time pass on such a thread; at most an hour.
    static func pause(_ duration: Duration) {
        usleep(UInt32(min(max(duration.wholeMilliseconds, 0), 3_600_000)) * 1_000)
    }
}
