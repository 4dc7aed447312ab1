/// A place in a configuration file, counted from one as editors do.
public struct SettingsMark: Sendable, Hashable, CustomStringConvertible {
    /// The file as it was named to the process.
    public var source: String
    /// The line, from 1.
    public var line: Int
    /// The column in Unicode scalars, from 1.
    public var column: Int

    /// Creates a mark.
    public init(source: String, line: Int, column: Int) {
        self.source = source
        self.line = line
        self.column = column
    }

    /// `config/development.yaml:12:13`.
    public var description: String { "\(source):\(line):\(column)" }
}

/// Where a value was stated, so that every error and every listing can name it.
public enum SettingsOrigin: Sendable, Hashable, CustomStringConvertible {
    /// A configuration file.
    case file(SettingsMark)
    /// The environment variable of this name.
    case environment(String)
    /// Nowhere: the built-in value.
    case `default`

    /// The place in a file, if it is one.
    public var mark: SettingsMark? {
        if case .file(let mark) = self { mark } else { nil }
    }

    /// `config/development.yaml:12:13`, `environment PORT` or `default`.
    public var description: String {
        switch self {
        case .file(let mark): mark.description
        case .environment(let name): "environment \(name)"
        case .default: "default"
        }
    }
}
