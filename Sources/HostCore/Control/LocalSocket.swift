import Glibc

/// What the kernel says of a unix domain socket and of who is at its other end.
enum LocalSocket {
    /// Whether somebody listens.
    enum Listener: Equatable {
        /// Yes: this process (0 where the kernel does not tell), of this user.
        case process(pid_t, user: uid_t)
        /// The socket is left over from a process that has ended.
        case nobody
        /// There is nothing at this path.
        case absent
        /// There is something else, or it cannot be reached.
        case unusable(String)
    }

    /// The kernel's `struct ucred`, which is hidden behind a feature of glibc.
    struct Peer {
        var pid: pid_t = 0
        var uid: uid_t = 0
        var gid: gid_t = 0
    }

    static func listener(at path: String) -> Listener {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            return errno == ENOENT ? .absent : .unusable(String(cString: strerror(errno)))
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else { return .unusable("there is something that is no socket") }
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return .unusable(String(cString: strerror(errno))) }
        defer { close(descriptor) }
        // Of a process that accepts nothing any more the queue is full, and connecting would wait for ever.
        var patience = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        guard let problem = connect(descriptor, to: path) else {
            let peer = peer(of: descriptor)
            return .process(peer?.pid ?? 0, user: peer?.uid ?? status.st_uid)
        }
        switch problem {
        case ECONNREFUSED: return .nobody
        case ENOENT: return .absent
        case EAGAIN: return .unusable("the process behind it takes no connections")
        default: return .unusable(String(cString: strerror(problem)))
        }
    }

    /// Who is at the other end of a connected socket.
    static func peer(of descriptor: CInt) -> Peer? {
        var peer = Peer()
        var size = socklen_t(MemoryLayout<Peer>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 else { return nil }
        return peer
    }

    /// Whether another side's user is to be trusted: it is the own one, or root.
    static func trusts(_ user: uid_t, own: uid_t = geteuid()) -> Bool {
        user == own || user == 0
    }

    /// The error number, or nil when it is connected.
    private static func connect(_ descriptor: CInt, to path: String) -> CInt? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return ENAMETOOLONG }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return result == 0 ? nil : errno
    }
}
