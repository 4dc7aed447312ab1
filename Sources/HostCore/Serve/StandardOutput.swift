import Glibc

/// What is said to whoever started the process, apart from the log.
enum StandardOutput {
    static func write(_ lines: [String]) {
        var bytes = Array(lines.map { $0 + "\n" }.joined().utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            // Nobody listens; serving goes on.
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
