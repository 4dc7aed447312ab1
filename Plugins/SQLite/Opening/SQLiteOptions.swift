import PluginAPI

/// How the database is opened.
public struct SQLiteOptions: Sendable {
    /// The file; relative paths count from the working directory.
    public var path: String
    /// How many queries may read at once, 1…64.
    public var readers: Int
    /// How long to wait for another process's lock, or for another server to end, 0…60 s.
    public var busyTimeout: Duration

    public init(path: String, readers: Int = 4, busyTimeout: Duration = .seconds(5)) {
        self.path = path
        self.readers = readers
        self.busyTimeout = busyTimeout
    }

    static let schema: SettingsSchema = [
        .string("path", default: "replyhq.db", "The database file; relative paths count from the working directory."),
        .integer("readers", default: 4, in: 1...64, "How many queries may read at once."),
        .duration(
            "busy_timeout", default: .seconds(5), in: .zero ... .seconds(60),
            "How long to wait when another process holds the file's lock, at the start also for another server to end."),
    ]

    init(_ settings: Settings) throws(SettingsError) {
        path = try settings.string("path")
        readers = try settings.int("readers")
        busyTimeout = try settings.duration("busy_timeout")
        // Each connection would get an empty database of its own.
        if path.isEmpty || path.hasPrefix(":") || path.hasPrefix("file:") {
            throw settings.error("path", "must name a file, not \"\(path)\"")
        }
    }
}
