import ClusterConformance
import Foundation
import Glibc
import PluginAPI
import Testing

/// A program that a test runs beside itself. It ends with the test's process at the latest, however that ends.
final class TestProgram: Sendable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// The program itself; the shell that holds it is its parent.
    let pid: pid_t
    /// Closing it, or this process's end, is the shell's sign to end the program.
    private let leash: FileHandle

    /// Starts a program.
    ///
    /// - Parameter folder: where its output goes; kept.
    init(_ words: [String], folder: String) throws {
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        let script = """
            exec 3<&0
            "$@" </dev/null >>'\(folder)/output.log' 2>&1 3<&- &
            pid=$!
            echo $pid
            exec >/dev/null 2>&1
            cat <&3
            kill -CONT $pid; kill -KILL $pid
            wait $pid
            """
        shell.arguments = ["-c", script, "sh"] + words
        let (input, output) = (Pipe(), Pipe())
        shell.standardInput = input
        shell.standardOutput = output
        try shell.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        guard let pid = pid_t(said.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw Failure(description: "cannot run \(words[0])")
        }
        self.pid = pid
        leash = input.fileHandleForWriting
    }

    deinit { try? leash.close() }

    func signal(_ number: CInt) { kill(pid, number) }

    var isRunning: Bool {
        // Ended, but not yet noticed by its parent, is not running.
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
        return status.split(separator: ")").last?.dropFirst().first != "Z"
    }

    /// Ends it and waits for that.
    func end(_ number: CInt = SIGKILL) async throws {
        signal(number)
        try await until("program \(pid) ends") { !isRunning }
    }

    /// Runs a program to its end and returns what it wrote; throws that when it fails.
    @discardableResult
    static func run(_ words: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(description: "\(words[0]): \(said)") }
        return said
    }
}

/// A folder of the test's own; gone when the last holder lets go.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        path = "/tmp/replyhq-redis-\(IDGenerator.uuidV4())"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

func freePort() throws -> Int { Int(try FreePort.take()) }
