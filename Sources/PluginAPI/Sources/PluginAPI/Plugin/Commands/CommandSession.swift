import Synchronization

/// What a running command has to work with.
public struct CommandSession: Sendable {
    /// The plugin that brought the command.
    public let plugin: String
    /// What was typed after the command's name.
    public let arguments: CommandArguments
    /// Where it writes.
    public let output: CommandOutput
    private let host: any CommandHost

    /// For the host, and for tests.
    public init(plugin: String, arguments: CommandArguments, output: CommandOutput, host: any CommandHost) {
        self.plugin = plugin
        self.arguments = arguments
        self.output = output
        self.host = host
    }
}

// MARK: This process

extension CommandSession {
    /// Whether the configuration enables the plugin.
    public var isEnabled: Bool { host.isEnabled(plugin) }

    /// Starts the plugins that provide the capabilities, without serving, and lends the context that the plugin itself
    /// would have beside them: with its settings, and with what it asked for under ``PluginContext/require(_:)``. The
    /// plugin itself is neither made nor started. Without capabilities nothing is started.
    ///
    /// Works beside a running server. Throws what is wrong with the configuration, with a plugin that does not start,
    /// or what the body throws.
    public func withContext<Answer: Sendable>(
        requiring capabilities: [CapabilityName] = [],
        _ body: @escaping @Sendable (PluginContext) async throws -> Answer
    ) async throws -> Answer {
        let answer = Mutex<Answer?>(nil)
        try await host.lendContext(of: plugin, requiring: capabilities) { context in
            let value = try await body(context)
            answer.withLock { $0 = value }
        }
        guard let value = answer.withLock({ $0 }) else { throw CancellationError() }
        return value
    }
}

// MARK: The running server

extension CommandSession {
    /// Whether a server with this configuration runs on this machine and can be asked.
    public var isServerRunning: Bool {
        get async { await host.isServerRunning }
    }

    /// Asks the running server's instance of the plugin; see ``PluginContext/control(_:_:)``.
    ///
    /// - Throws: ``ControlError``.
    public func ask(_ request: String, _ body: JSONObject = [:]) async throws -> JSONValue {
        try await host.ask(plugin, request, body)
    }

    /// Makes the running server read its configuration and follow it.
    ///
    /// - Throws: ``ControlError`` when there is no server to ask. A configuration that it refuses is in the report.
    public func reload() async throws -> ReloadReport {
        try await host.reload()
    }
}

// MARK: The configuration file

extension CommandSession {
    /// Edits `enabled` of the plugin's entry in the configuration file: the rest keeps its form, the result is checked
    /// before it takes the file's place, and a file is never seen half written. A server that runs goes on as it was
    /// until ``reload()``.
    ///
    /// - Throws: ``CommandFailure`` saying why the file was left as it is.
    public func setEnabled(_ isEnabled: Bool) async throws -> ConfigurationChange {
        try await host.setEnabled(isEnabled, plugin)
    }
}

/// What became of an edit of the configuration file.
public struct ConfigurationChange: Sendable, Hashable {
    /// The file.
    public var path: String
    /// False: it said so already.
    public var isChanged: Bool
    /// What keeps the edit from having its effect, such as a variable that decides; nil if nothing does.
    public var caveat: String?

    /// Made by the host.
    public init(path: String, isChanged: Bool, caveat: String? = nil) {
        self.path = path
        self.isChanged = isChanged
        self.caveat = caveat
    }
}

/// What became of a reload.
public struct ReloadReport: Sendable, Hashable {
    /// Whether the server now runs what the configuration says. False: it runs what it ran before.
    public var isApplied: Bool
    /// What stopped, started or restarted and how long that took, or why nothing changed; for people.
    public var lines: [String]

    /// Made by the host.
    public init(isApplied: Bool, lines: [String]) {
        self.isApplied = isApplied
        self.lines = lines
    }
}

/// The host, as commands see it. Only the host and tests implement it.
public protocol CommandHost: Sendable {
    /// Whether the configuration enables a plugin.
    func isEnabled(_ plugin: String) -> Bool
    /// See ``CommandSession/withContext(requiring:_:)``.
    func lendContext(
        of plugin: String,
        requiring capabilities: [CapabilityName],
        _ body: @escaping @Sendable (PluginContext) async throws -> Void
    ) async throws
    /// See ``CommandSession/isServerRunning``.
    var isServerRunning: Bool { get async }
    /// See ``CommandSession/ask(_:_:)``.
    func ask(_ plugin: String, _ request: String, _ body: JSONObject) async throws -> JSONValue
    /// See ``CommandSession/reload()``.
    func reload() async throws -> ReloadReport
    /// See ``CommandSession/setEnabled(_:)``.
    func setEnabled(_ isEnabled: Bool, _ plugin: String) async throws -> ConfigurationChange
}
