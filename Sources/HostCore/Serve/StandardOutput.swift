import Glibc
import PluginAPI

/// What is said to whoever started the process, apart from the log.
enum StandardOutput {
    /// On a thread of its own: whoever reads the other end may have stopped reading, or be gone; serving goes on.
    static func write(_ lines: [String]) async {
        _ = await Bounded.run(for: .seconds(5)) {
            try? await DedicatedThread.run(named: "standard output") { put(lines.map { $0 + "\n" }.joined()) }
        }
    }

    private static func put(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
