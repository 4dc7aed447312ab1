import Glibc
import PluginAPI

extension DedicatedThread {
    /// Lets time pass on such a thread; at most an hour.
    static func pause(_ duration: Duration) {
        usleep(UInt32(min(max(duration.wholeMilliseconds, 0), 3_600_000)) * 1_000)
    }
}
