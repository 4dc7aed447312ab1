import Glibc
import PluginAPI

/// A process whose output is read to its end and that can be killed at any point of it.
struct ChildProcess: Sendable {
    let pid: pid_t
    private let output: CInt

    struct LaunchError: Error {
        var code: CInt
    }

    /// Starts an executable with its output in a socket.
    init(_ path: String, _ arguments: [String]) throws {
        var ends: [CInt] = [0, 0]
        // Closed on exec from its beginning, so that no other child holds it open.
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw LaunchError(code: errno) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        // Whatever else is open belongs to tests beside this one.
        for other in STDERR_FILENO + 1..<1_024 { posix_spawn_file_actions_addclose(&actions, other) }
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, path, &actions, nil, &words, environ)
        close(ends[1])
        guard code == 0 else {
            close(ends[0])
            throw LaunchError(code: code)
        }
        pid = child
        output = ends[0]
    }

    /// Reads lines until there are no more, and kills the process after that many acknowledgements.
    func linesKilling(after acknowledgements: Int) async throws -> [String] {
        try await DedicatedThread.run(named: "child") { read(killingAfter: acknowledgements) }
    }

    private func read(killingAfter acknowledgements: Int) -> [String] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        var acknowledged = 0
        var isKilled = false
        while true {
            if !isKilled, acknowledged >= acknowledgements {
                kill(pid, SIGKILL)
                isKilled = true
            }
            let count = Glibc.read(output, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            // "ack" is the only word with a k.
            acknowledged += chunk[..<count].count { $0 == UInt8(ascii: "k") }
            bytes += chunk[..<count]
        }
        close(output)
        var status: CInt = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// An executable that was built next to the running one.
    static func besideThisOne(_ name: String) throws -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        guard length > 0 else { throw LaunchError(code: errno) }
        let path = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        return folder + name
    }
}
