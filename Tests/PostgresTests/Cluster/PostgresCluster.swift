import ClusterConformance
import Foundation
import Glibc
import NIOPosix
import PluginAPI

/// A PostgreSQL server of the tests' own: in a temporary folder, on a free port of the loopback and a socket in the
/// folder, run by a user without privileges.
///
/// A watcher process holds the other end of a socket, and stops the server and removes the folder when this process
/// ends, however it ends.
final class PostgresCluster: Sendable {
    /// The superuser of every cluster; connections from the loopback need no password.
    static let superuser = "postgres"

    let folder: String
    let port: UInt16
    /// Closing it, or this process's end, is the watcher's sign to clean up.
    private let leash: CInt

    /// The cluster that tests share which do not harm it. Missing programs fail the test that asks.
    static func shared() async throws -> PostgresCluster { try await sharedCluster.value }

    private static let sharedCluster = Task { try await PostgresCluster.start() }

    /// Makes and starts a cluster.
    ///
    /// - Parameter settings: `postgresql.conf` settings on top of the server's own.
    static func start(settings: [String: String] = [:]) async throws -> PostgresCluster {
        let cluster = try PostgresCluster()
        let initialize = [
            "initdb", "-D", cluster.data, "-U", superuser, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync",
        ]
        try await cluster.run(initialize)
        // Small, and without waiting for the disk: processes are killed here, the machine is not, so what was written to
        // its memory outlives them.
        var all = ["fsync": "off", "max_connections": "500", "shared_buffers": "32MB", "autovacuum": "on"]
        all.merge(settings) { _, wanted in wanted }
        try cluster.configure(all)
        try await cluster.launch()
        return cluster
    }

    init() throws {
        try ServerPrograms.check()
        folder = "/tmp/replyhq-pg-\(IDGenerator.uuidV4())"
        port = try FreePort.take()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        if let user = ServerPrograms.user { chown(folder, user.uid, user.gid) }
        leash = try Self.watch(folder)
    }

    deinit { close(leash) }

    var data: String { folder + "/data" }
    private var log: String { folder + "/server.log" }

    /// Runs one of the server's programs as the server's user.
    func run(_ words: [String]) async throws {
        try await Program.run(
            ServerPrograms.command(words), log: folder + "/\(words[0])-\(IDGenerator.uuidV4().prefix(8)).log")
    }

    /// Appends settings to `postgresql.conf`; the next start or reload takes them.
    func configure(_ settings: [String: String]) throws {
        let path = data + "/postgresql.conf"
        var text = try String(contentsOfFile: path, encoding: .utf8)
        for (name, value) in settings.sorted(by: { $0.key < $1.key }) { text += "\(name) = '\(value)'\n" }
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }

    /// Starts the server and waits until it answers. After a crash it may take a few attempts to get the memory back.
    func launch() async throws {
        let options = "-p \(port) -k \(folder) -c listen_addresses=127.0.0.1"
        for attempt in 1... {
            do {
                return try await run(["pg_ctl", "-D", data, "-l", log, "-w", "-t", "60", "-o", options, "start"])
            } catch  where attempt < 50 {
                try await MultiThreadedEventLoopGroup.singleton.pause(for: .milliseconds(100))
            }
        }
    }

    /// How `pg_ctl stop` ends a server.
    enum StopMode: String {
        /// Sessions are told and transactions taken back.
        case fast
        /// Without a checkpoint, as after a power cut.
        case immediate
    }

    func stop(_ mode: StopMode = .fast) async throws {
        try await run(["pg_ctl", "-D", data, "-m", mode.rawValue, "-w", "-t", "60", "stop"])
    }

    /// The server's first process, or nil when it does not run.
    var pid: pid_t? {
        guard let text = try? String(contentsOfFile: data + "/postmaster.pid", encoding: .utf8) else { return nil }
        return text.split(separator: "\n").first.flatMap { pid_t($0) }
    }

    /// Sends a signal to the server's first process and its children.
    func signal(_ number: CInt) throws {
        guard let pid else { throw Program.Failure(description: "the server does not run") }
        for process in [pid] + Self.children(of: pid) { kill(process, number) }
    }

    private static func children(of parent: pid_t) -> [pid_t] {
        let list = "/proc/\(parent)/task/\(parent)/children"
        guard let text = try? String(contentsOfFile: list, encoding: .utf8) else { return [] }
        return text.split(separator: " ").compactMap { pid_t($0) }
    }

    /// Starts the watcher and returns the end of the line that holds it back.
    private static func watch(_ folder: String) throws -> CInt {
        var ends: [CInt] = [0, 0]
        // Closed on exec, so that no child keeps the watcher waiting.
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw Program.Failure(description: "no socket") }
        defer { close(ends[0]) }
        let script = """
            cat >/dev/null
            pid=$(head -n 1 '\(folder)/data/postmaster.pid' 2>/dev/null)
            if [ -n "$pid" ]; then
                kill -CONT $pid $(cat /proc/$pid/task/$pid/children 2>/dev/null) 2>/dev/null
                kill -QUIT $pid 2>/dev/null
                while kill -0 $pid 2>/dev/null; do sleep 0.1; done
            fi
            rm -rf '\(folder)'
            """
        _ = try Program.start(["sh", "-c", script], log: "/dev/null", input: ends[0])
        return ends[1]
    }
}
