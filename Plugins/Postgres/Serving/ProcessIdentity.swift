import Glibc
import PluginAPI

/// Tells one process from all others, on any machine.
struct ProcessIdentity: Sendable, Hashable {
    /// The machine's or container's name.
    var host: String
    /// The process's id where it runs.
    var pid: Int64
    /// The machine's boot, the namespace of process ids, the id, and when the process began, with `/` between.
    var token: String

    /// This process.
    static let own: ProcessIdentity = {
        var name = [CChar](repeating: 0, count: 256)
        let host = gethostname(&name, name.count - 1) == 0 ? ProcFile.text(name) : "?"
        let pid = Int64(getpid())
        let beginning = ProcFile.status(of: pid)?.beginning ?? "?"
        return ProcessIdentity(host: host, pid: pid, token: "\(ProcFile.place)/\(pid)/\(beginning)")
    }()

    /// Whether the process is known to have ended: only of one that would be visible from here.
    var isGone: Bool {
        let parts = token.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0...1].joined(separator: "/") == ProcFile.place, let pid = pid_t(parts[2]) else {
            return false
        }
        if kill(pid, 0) != 0, errno == ESRCH { return true }
        guard let status = ProcFile.status(of: Int64(pid)) else { return false }
        return status.isDead || status.beginning != parts[3]
    }
}

/// What the kernel tells of processes.
private enum ProcFile {
    /// Where ids of processes mean the same: a boot of a machine and a namespace.
    static let place: String = {
        let boot = text(of: "/proc/sys/kernel/random/boot_id")?.split(whereSeparator: \.isWhitespace).first ?? "?"
        var link = [CChar](repeating: 0, count: 128)
        let count = readlink("/proc/self/ns/pid", &link, link.count - 1)
        return "\(boot)/\(count > 0 ? text(link) : "?")"
    }()

    /// Whether a process has ended though its parent has not looked yet, and when it began, in ticks since the boot. Nil
    /// when that is not shown (proc(5), `/proc/pid/stat`).
    static func status(of pid: Int64) -> (isDead: Bool, beginning: String)? {
        // The name before, in parentheses, may hold anything.
        guard let stat = text(of: "/proc/\(pid)/stat"), let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(whereSeparator: \.isWhitespace)
        guard fields.count > 19 else { return nil }
        return ("ZX".contains(fields[0]), String(fields[19]))
    }

    /// What the C library left in a buffer.
    static func text(_ buffer: [CChar]) -> String {
        String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The first 4 KiB of a file of the kernel's.
    private static func text(of path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = read(file, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }
}
