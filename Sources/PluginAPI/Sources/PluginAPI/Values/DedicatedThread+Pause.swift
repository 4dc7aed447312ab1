import Glibc

extension DedicatedThread {
    /// Blocks the calling thread, for an hour at most. For threads of one's own that poll what sends no event, such as a
    /// lock that another process holds; tasks use `EventLoopGroup.pause(for:)`.
    public static func pause(_ duration: Duration) {
        usleep(UInt32(min(max(duration.wholeMilliseconds, 0), 3_600_000)) * 1_000)
    }
}
