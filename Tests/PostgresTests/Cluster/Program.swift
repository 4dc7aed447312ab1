import Foundation
import Glibc
import PluginAPI

/// Runs the programs that make and tend a cluster.
enum Program {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// Runs a program to its end with its output in a file. Throws what it wrote when it fails.
    static func run(_ arguments: [String], log: String) async throws {
        try await DedicatedThread.run(named: "program") { try runBlocking(arguments, log: log) }
    }

    private static func runBlocking(_ arguments: [String], log: String) throws {
        let child = try start(arguments, log: log)
        var status: CInt = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else {
            let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            throw Failure(description: "\(arguments.joined(separator: " ")) failed: \(said.suffix(2_000))")
        }
    }

    /// Starts a program in a session of its own, so that a signal to this process's group does not reach it.
    ///
    /// - Parameter input: becomes its standard input; nil: it reads nothing.
    static func start(_ arguments: [String], log: String, input: CInt? = nil) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        // Whatever else is open belongs to tests beside this one.
        for other in STDERR_FILENO + 1..<1_024 { posix_spawn_file_actions_addclose(&actions, other) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // POSIX_SPAWN_SETSID, which the headers keep for those who define _GNU_SOURCE.
        posix_spawnattr_setflags(&attributes, 0x80)
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        let code = posix_spawnp(&child, arguments[0], &actions, &attributes, &words, environ)
        guard code == 0 else {
            throw Failure(description: "cannot run \(arguments[0]): \(String(cString: strerror(code)))")
        }
        return child
    }
}
