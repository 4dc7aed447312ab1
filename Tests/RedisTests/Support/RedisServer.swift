import Glibc
import NIOPosix
import PluginAPI
import Synchronization
import Testing

@testable import RedisPlugin

/// A Redis server of a test's own: in a temporary folder, on a free port of the loopback, keeping nothing on disk.
final class RedisServer: Sendable {
    let port: Int
    let folder: TestFolder
    private let words: [String]
    private let program: Mutex<TestProgram>

    /// Starts a server and waits until it answers.
    ///
    /// - Parameters:
    ///   - settings: on top of the command line.
    ///   - answers: whether it takes PING in the clear; if not, only its port is waited for.
    init(_ settings: [String] = [], port: Int? = nil, folder: TestFolder? = nil) async throws {
        self.port = try port ?? freePort()
        self.folder = try folder ?? TestFolder()
        words =
            [
                "redis-server", "--port", "\(self.port)", "--bind", "127.0.0.1", "--dir", self.folder.path, "--save",
                "", "--appendonly", "no",
            ] + settings
        program = Mutex(try TestProgram(words, folder: self.folder.path))
        try await untilListening()
    }

    var address: RedisAddress { .host("127.0.0.1", port: port) }

    var options: RedisOptions { RedisOptions(server: .fixed(address)) }

    private var current: TestProgram { program.withLock { $0 } }

    func signal(_ number: CInt) { current.signal(number) }

    func kill() async throws { try await current.end() }

    /// Starts it again, empty.
    func restart() async throws {
        let fresh = try TestProgram(words, folder: folder.path)
        program.withLock { $0 = fresh }
        try await untilListening()
    }

    /// Sends commands over a connection of their own, behind the product's back.
    @discardableResult
    func run(_ commands: [String]...) async throws -> [RESPValue] {
        let all = commands.map { RedisCommand($0.map { .text($0) }) }
        return try await RedisInquiry.ask(
            address, all, with: RedisDialer(tls: nil), on: MultiThreadedEventLoopGroup.singleton.next(),
            within: .seconds(60)
        ).get()
    }

    private func untilListening() async throws {
        try await until("Redis listens on port \(port)") {
            guard current.isRunning else {
                throw TestProgram.Failure(
                    description: "redis-server does not run (scripts/setup --test installs it); its words: \(log)")
            }
            return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: port).flatMap { $0.close() }.map { true }
                .flatMapErrorThrowing { _ in false }.get()
        }
    }

    private var log: String {
        (try? TestProgram.run(["tail", "-n", "5", folder.path + "/output.log"])) ?? ""
    }
}
