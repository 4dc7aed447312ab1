import Glibc
import PluginAPI
import Synchronization

/// Held by the one server that serves from a database file: a lock of the open file description (fcntl(2), `F_OFD_SETLK`)
/// on a byte that SQLite has no use for.
///
/// It is the file's own, so that links, other names and other containers find it, and the kernel lets go of it with the
/// process. Commands beside the server do not take it. SQLite's own locks belong to the process and go with any of its
/// descriptors of the file: this one is closed after SQLite has closed the file, and it is opened before.
final class ServerLock: Sendable {
    private static let setLock: CInt = 37
    /// Behind the bytes from 1 GiB on that SQLite locks, on the page that it never writes (`PENDING_BYTE`).
    private static let place: off_t = 0x4000_0400
    private static let pause: Duration = .milliseconds(100)

    private let descriptor: Mutex<CInt?>

    private init(descriptor: CInt) {
        self.descriptor = Mutex(descriptor)
    }

    deinit { release() }

    /// Lets the next server in. Doing so twice is no error.
    func release() {
        if let descriptor = descriptor.withLock({ $0.take() }) { close(descriptor) }
    }

    /// Takes the lock; blocks. Nil when the file cannot be opened, of which SQLite tells more, or its file system has no
    /// such locks.
    ///
    /// - Parameters:
    ///   - patience: how long to wait for another server that is about to end.
    ///   - waiting: called once when it is waited for.
    /// - Throws: ``StoreStartError`` naming the server that holds it.
    static func acquire(
        _ path: String, patience: Duration, waiting: () -> Void
    ) throws(StoreStartError) -> ServerLock? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        let deadline = ContinuousClock.now + patience
        var isWaiting = false
        while true {
            if tryLock(descriptor) { return ServerLock(descriptor: descriptor) }
            guard errno == EAGAIN || errno == EACCES else {
                close(descriptor)
                return nil
            }
            if !isWaiting { waiting() }
            isWaiting = true
            guard ContinuousClock.now < deadline else { break }
            DedicatedThread.pause(pause)
        }
        let pid = LockHolder.find(descriptor, at: place)
        let holder = pid.map { "process \($0)" } ?? "a process that is not visible here"
        close(descriptor)
        throw StoreStartError(
            path, "another server uses it: \(holder); one server uses a file, for several see docs/scaling.md")
    }

    private static func tryLock(_ descriptor: CInt) -> Bool {
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        lock.l_start = place
        lock.l_len = 1
        return fcntl(descriptor, setLock, &lock) == 0
    }
}

/// Finds out who holds such a lock, which the kernel does not tell by itself.
private enum LockHolder {
    /// The process whose descriptors show the lock (proc(5), `/proc/pid/fdinfo`); nil when none is visible.
    static func find(_ descriptor: CInt, at place: off_t) -> Int? {
        var file = stat()
        guard fstat(descriptor, &file) == 0 else { return nil }
        let mark = ":\(file.st_ino) \(place) "
        for process in names(in: "/proc") {
            guard let pid = Int(process) else { continue }
            for entry in names(in: "/proc/\(process)/fdinfo") {
                let text = text(of: "/proc/\(process)/fdinfo/\(entry)")
                if text.contains("OFDLCK"), text.contains(mark) { return pid }
            }
        }
        return nil
    }

    private static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names
    }

    private static func text(of path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = read(file, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
