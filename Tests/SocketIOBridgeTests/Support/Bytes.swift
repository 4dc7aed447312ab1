import PluginAPI
import Synchronization
import Testing

extension ByteBuffer {
    /// Bytes written in hexadecimal.
    init(hex: String) throws {
        let digits = Array(hex.utf8)
        self.init(
            bytes: try stride(from: 0, to: digits.count, by: 2).map { index in
                try #require(UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16))
            })
    }

    var hex: String { readableBytesView.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}

/// Keeps what is logged.
struct Lines: LogHandler {
    final class Kept: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    let kept: Kept
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    init(_ kept: Kept) { self.kept = kept }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        kept.add("\(event.level) \(event.message) \(event.metadata ?? [:])")
    }
}
