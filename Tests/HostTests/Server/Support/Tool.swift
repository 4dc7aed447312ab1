import Foundation

/// A program of the system, run by the test and stopped by it.
final class Tool {
    struct Failure: Error { let text: String }

    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var text = ""

    /// Runs a program to its end.
    static func run(
        _ name: String, _ arguments: [String], input: String? = nil
    ) throws -> (status: Int32, output: String) {
        let tool = try start(name, arguments)
        if let input { try tool.send(input) }
        try tool.input.fileHandleForWriting.close()
        let data = tool.output.fileHandleForReading.readDataToEndOfFile()
        tool.process.waitUntilExit()
        return (tool.process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    static func start(_ name: String, _ arguments: [String]) throws -> Tool {
        let tool = Tool()
        tool.process.executableURL = URL(filePath: "/usr/bin/env")
        tool.process.arguments = [name] + arguments
        tool.process.standardInput = tool.input
        tool.process.standardOutput = tool.output
        tool.process.standardError = tool.output
        try tool.process.run()
        return tool
    }

    func send(_ text: String) throws { try input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

    /// Everything that came, once it holds a text; waits 20 s for more of it at most.
    func read(until mark: String) throws -> String {
        while !text.contains(mark) {
            var ready = pollfd(fd: output.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, 20_000) == 1 else { throw Failure(text: "no \(mark) in time: \(text)") }
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw Failure(text: "ended without \(mark): \(text)") }
            text += String(decoding: data, as: UTF8.self)
        }
        return text
    }

    func stop() {
        kill()
        process.waitUntilExit()
    }

    /// Not SIGTERM: the threads that start processes here block it, and a process inherits that.
    private func kill() {
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
    }
}
