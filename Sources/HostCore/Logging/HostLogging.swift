import Glibc
import Logging

/// Sets up the log of the process, once.
public enum HostLogging {
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
        let level = Logger.Level(rawValue: configuration.level.rawValue) ?? .info
        LoggingSystem.bootstrap { label in
            HostLogHandler(logLevel: level, label: label, format: format, writer: writer)
        }
    }

    /// For commands that talk to a person themselves: only errors, as text.
    static func quiet() {
        LoggingSystem.bootstrap { label in
            HostLogHandler(logLevel: .error, label: label, format: .text, writer: LogWriter())
        }
    }
}
