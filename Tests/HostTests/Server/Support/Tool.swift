import Glibc

/// A program of the system, run by the test and stopped by it.
///
/// It starts with no signal blocked, whatever the thread blocks that starts it, and dies with the value.
final class Tool {
    struct Failure: Error { let text: String }

    private let pid: pid_t
    /// A socket rather than pipes: it is closed on exec from its beginning, so that no other child holds it open.
    private let wire: CInt
    private var text: [UInt8] = []
    private var status: CInt?

    /// Runs a program to its end; waits 30 s for more of its output at most.
    static func run(
        _ name: String, _ arguments: [String], input: String? = nil
    ) throws -> (status: Int32, output: String) {
        let tool = try start(name, arguments)
        if let input { try tool.send(input) }
        shutdown(tool.wire, Int32(SHUT_WR))
        while try tool.fill() {}
        return (tool.wait(), String(decoding: tool.text, as: UTF8.self))
    }

    static func start(_ name: String, _ arguments: [String]) throws -> Tool { try Tool(name, arguments) }

    private init(_ name: String, _ arguments: [String]) throws {
        var ends: [CInt] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw Failure(text: "socketpair: \(String(cString: strerror(errno)))")
        }
        defer { close(ends[1]) }
        var child: pid_t = 0
        let code = Self.spawn(name, arguments, over: ends[1], as: &child)
        guard code == 0 else {
            close(ends[0])
            throw Failure(text: "\(name): \(String(cString: strerror(code)))")
        }
        wire = ends[0]
        pid = child
    }

    private static func spawn(_ name: String, _ arguments: [String], over end: CInt, as child: inout pid_t) -> CInt {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for standard in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_adddup2(&actions, end, standard)
        }
        // The sockets of tests beside this one are not closed on exec, and would stay open in the tool.
        for other in STDERR_FILENO + 1..<1_024 { posix_spawn_file_actions_addclose(&actions, other) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var words: [UnsafeMutablePointer<CChar>?] = ([name] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        return posix_spawnp(&child, name, &actions, &attributes, &words, environ)
    }

    deinit {
        stop()
        close(wire)
    }

    func send(_ text: String) throws {
        let bytes = Array(text.utf8)
        guard Glibc.send(wire, bytes, bytes.count, CInt(MSG_NOSIGNAL)) == bytes.count else {
            throw Failure(text: "send: \(String(cString: strerror(errno)))")
        }
    }

    /// Everything that came, once it holds a text; waits 30 s for more of it at most.
    func read(until mark: String) throws -> String {
        while true {
            let all = String(decoding: text, as: UTF8.self)
            if all.contains(mark) { return all }
            guard try fill() else { throw Failure(text: "ended without \(mark): \(all)") }
        }
    }

    func stop() {
        guard status == nil else { return }
        kill(pid, SIGKILL)
        _ = wait()
    }

    /// Whether more output came, rather than its end.
    private func fill() throws -> Bool {
        var ready = pollfd(fd: wire, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, 30_000) == 1 else {
            throw Failure(text: "no more in time: \(String(decoding: text, as: UTF8.self))")
        }
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = Glibc.read(wire, &piece, piece.count)
        guard count > 0 else { return false }
        text += piece[..<count]
        return true
    }

    /// The exit status, or 128 and the number of the signal that ended it.
    private func wait() -> CInt {
        if let status { return status }
        var raw: CInt = 0
        while waitpid(pid, &raw, 0) < 0, errno == EINTR {}
        let signal = raw & 0x7f
        let ended = signal == 0 ? (raw >> 8) & 0xff : 128 + signal
        status = ended
        return ended
    }
}
