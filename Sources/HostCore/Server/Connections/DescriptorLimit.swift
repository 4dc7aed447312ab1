import Glibc
import Logging

/// How many descriptors the process may have open (`RLIMIT_NOFILE`), and what that leaves for connections.
enum DescriptorLimit {
    /// For whatever opens files and connects after the start: databases, brokers, reloads, commands.
    private static let largestReserve = 32

    /// The limit that holds now.
    static var current: Int { limits.map { Int(clamping: $0.rlim_cur) } ?? .max }

    /// Raises the limit as far as the process may.
    static func raise() {
        guard var limits, limits.rlim_cur < limits.rlim_max else { return }
        limits.rlim_cur = limits.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
    }

    /// How many connections leave room for what is open at the start and for the reserve.
    static func connections(openNow: Int) -> Int {
        let current = current
        return max(1, current - min(current, openNow + min(largestReserve, current / 8)))
    }

    /// How many descriptors are open; nil where the kernel does not show it.
    static var openCount: Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Itself, its parent, and the folder's own.
        return max(0, count - 3)
    }

    private static var limits: rlimit? {
        var limits = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0 ? limits : nil
    }
}
