import Logging
import PluginAPI

/// Writes log lines: one JSON object each, or text for a person at a terminal.
///
/// Values of keys that name a secret are never written, whoever logs them.
struct HostLogHandler: LogHandler {
    enum Format: Sendable {
        case json, text
    }

    /// What the process writes, unless this logger was given a level of its own.
    let threshold: LogThreshold
    private var own: Logger.Level?
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    let label: String
    let format: Format
    let writer: LogWriter

    init(threshold: LogThreshold, label: String, format: Format, writer: LogWriter) {
        self.threshold = threshold
        self.label = label
        self.format = format
        self.writer = writer
    }

    var logLevel: Logger.Level {
        get { own ?? threshold.value }
        set { own = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let own = event.metadata { all.merge(own) { _, new in new } }
        let line = LogLine(level: event.level, message: event.message.description, metadata: all, label: label)
        writer.write(format == .json ? line.json : line.text)
    }
}

/// One line of the log.
struct LogLine {
    var at: Timestamp = .now()
    var level: Logger.Level
    var message: String
    var metadata: Logger.Metadata
    var label: String

    /// `{"time":…,"level":…,"message":…,…}` with the metadata's keys beside them, sorted.
    var json: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.field("time", at.iso8601)
        json.field("level", level.rawValue)
        json.field("message", message)
        for (key, value) in sortedMetadata { json.field(key, value) }
        json.endObject()
        return Array(json.buffer.readableBytesView)
    }

    /// `10:15:57.123 warning  message  key=value`
    var text: [UInt8] {
        var line = "\(at.iso8601.dropFirst(11).dropLast()) \(level.rawValue.padded(to: 7))  \(message)"
        for (key, value) in sortedMetadata {
            line += "  \(key)=\(value.contains(where: \.isWhitespace) ? "\"\(value)\"" : value)"
        }
        return line.utf8.map { $0 < 0x20 ? UInt8(ascii: " ") : $0 }
    }

    private var sortedMetadata: [(String, String)] {
        metadata.sorted { $0.key < $1.key }.map { key, value in
            (Self.names[key] ?? key, Redaction.isSecret(name: key) ? Secret.redacted : value.description)
        }
    }

    /// Hummingbird's own key under the name that operators know.
    private static let names = ["hb.request.id": "request_id"]
}
