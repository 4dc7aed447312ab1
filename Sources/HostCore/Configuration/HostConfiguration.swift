import PluginAPI

/// The host's configuration, checked and typed.
public struct HostConfiguration: Sendable {
    /// What the process runs for.
    public let environment: HostEnvironment
    /// What carries events between processes.
    public let topology: Topology
    /// Whether the configuration says so, or it is the default.
    let statesTopology: Bool
    /// The listener.
    public let server: ServerConfiguration
    /// How long one plugin may take to start.
    public let startTimeout: Duration
    /// The log.
    public let log: LogConfiguration
    /// Stopping.
    public let shutdown: ShutdownConfiguration
    /// How commands reach the running process.
    public let control: ControlConfiguration
    /// Where plugins are looked for, in order; empty means beside the executable.
    public let pluginDirectories: [String]
    /// Every listed plugin in the order of the file, disabled ones too.
    public private(set) var plugins: [PluginConfiguration]

    init(_ settings: Settings) throws(SettingsError) {
        environment = try settings.enumeration("environment")
        topology = try settings.enumeration("topology")
        statesTopology = settings.isSet("topology")
        server = try ServerConfiguration(settings.section("server"))
        startTimeout = try settings.duration("start_timeout")
        log = try LogConfiguration(settings.section("log"))
        shutdown = try ShutdownConfiguration(settings.section("shutdown"))
        control = try ControlConfiguration(settings.section("control"))
        pluginDirectories = try settings.stringList("plugin_directories")
        var plugins: [PluginConfiguration] = []
        for entry in try settings.sections("plugins") { plugins.append(try PluginConfiguration(entry)) }
        self.plugins = plugins
    }

    /// The same; errors in a plugin's settings are thrown when that plugin is made.
    func deferring(_ errors: [SettingsError]) -> HostConfiguration {
        var result = self
        for index in plugins.indices {
            result.plugins[index].unresolved = errors.filter { $0.path.hasPrefix(plugins[index].settingsPath) }
        }
        return result
    }
}

/// The log.
public struct LogConfiguration: Sendable {
    /// The least severe line that is written.
    public let level: LogLevel
    /// How lines look.
    public let format: LogFormat

    init(_ settings: Settings) throws(SettingsError) {
        level = try settings.enumeration("level")
        format = try settings.enumeration("format")
    }
}

/// swift-log's levels by their names.
public enum LogLevel: String, Sendable, CaseIterable {
    /// From most to least.
    case trace, debug, info, notice, warning, error, critical
}

/// How log lines look.
public enum LogFormat: String, Sendable, CaseIterable {
    /// Text on a terminal, else JSON.
    case auto
    /// One JSON object per line.
    case json
    /// For people.
    case text
}

/// How a stopping process lets its clients go.
public struct ShutdownConfiguration: Sendable {
    /// After this long, whatever still runs is cut off.
    public let deadline: Duration
    /// How long readiness answers "no" before connections are closed.
    public let notice: Duration
    /// When clients are told to come back, spread evenly over this range.
    public let reconnect: ClosedRange<Duration>

    init(_ settings: Settings) throws(SettingsError) {
        deadline = try settings.duration("deadline")
        notice = try settings.duration("notice")
        let earliest = try settings.duration("min_reconnect")
        let latest = try settings.duration("max_reconnect")
        guard earliest <= latest else {
            let key = settings.isSet("min_reconnect") ? "min_reconnect" : "max_reconnect"
            throw settings.error(key, "min_reconnect is longer than max_reconnect")
        }
        reconnect = earliest...latest
    }

    /// What is wrong with the group, apart from whatever else is wrong with the file.
    static func problems(of root: Settings) -> [SettingsError] {
        do throws(SettingsError) {
            _ = try ShutdownConfiguration(root.section("shutdown"))
            return []
        } catch {
            return [error]
        }
    }
}

/// How commands reach the running process.
public struct ControlConfiguration: Sendable, Hashable {
    /// Whether there is a control socket.
    public let isEnabled: Bool
    /// Its path; nil: a place that follows from the configuration file and the process.
    public let socket: String?

    init(_ settings: Settings) throws(SettingsError) {
        isEnabled = try settings.bool("enabled")
        socket = try settings.optionalString("socket")
        if let socket, socket.utf8.count > ControlPlace.longestPath {
            throw settings.error("socket", "a socket's path has at most \(ControlPlace.longestPath) bytes")
        }
    }
}
