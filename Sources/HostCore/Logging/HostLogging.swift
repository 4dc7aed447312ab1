import Glibc
import Logging
import Synchronization

/// Sets up the log of the process, once.
public enum HostLogging {
    /// Lines below it are not written; shared by all loggers, so that it can change while they are held.
    static let level = LogThreshold(.info)

    /// - Parameters:
    ///   - configuration: what is written and how; `auto` is text on a terminal and JSON elsewhere.
    ///   - writer: where lines go.
    public static func bootstrap(_ configuration: LogConfiguration, writer: LogWriter) {
        let format: HostLogHandler.Format =
            switch configuration.format {
            case .json: .json
            case .text: .text
            case .auto: isatty(STDERR_FILENO) == 1 ? .text : .json
            }
        use(configuration.level)
        LoggingSystem.bootstrap { label in
            HostLogHandler(threshold: level, label: label, format: format, writer: writer)
        }
    }

    /// Another level holds from now on.
    static func use(_ level: LogLevel) {
        Self.level.value = Logger.Level(rawValue: level.rawValue) ?? .info
    }

    /// For commands that talk to a person themselves: only errors, as text.
    ///
    /// - Parameter least: what is said besides.
    static func quiet(_ least: Logger.Level = .error) {
        _ = isQuiet
        if least < level.value { level.value = least }
    }

    /// Returns when what commands log is written.
    static func flush() { writer.flush() }

    private static let writer = LogWriter()

    /// The log of a process can be set up once.
    private static let isQuiet: Void = {
        level.value = .error
        LoggingSystem.bootstrap { label in
            HostLogHandler(threshold: level, label: label, format: .text, writer: writer)
        }
    }()
}

/// A level that all handlers of the process follow.
final class LogThreshold: Sendable {
    private static let levels = Logger.Level.allCases
    private let index: Atomic<Int>

    init(_ level: Logger.Level) { index = Atomic(Self.levels.firstIndex(of: level) ?? 0) }

    var value: Logger.Level {
        get { Self.levels[index.load(ordering: .relaxed)] }
        set { index.store(Self.levels.firstIndex(of: newValue) ?? 0, ordering: .relaxed) }
    }
}
