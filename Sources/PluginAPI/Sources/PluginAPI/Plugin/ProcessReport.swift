/// How the process and its plugins are, as `/readyz` shows it.
public struct ProcessReport: Sendable {
    /// What runs.
    public struct Build: Sendable, Hashable {
        /// The server's version, such as `1.4.0`.
        public var version: String
        /// The beginning of the hash of PluginAPI that plugins must have been built with.
        public var api: String
        /// The compiler's own version text.
        public var compiler: String
        /// `debug` or `release`.
        public var mode: String

        /// Makes one.
        public init(version: String, api: String, compiler: String, mode: String) {
            self.version = version
            self.api = api
            self.compiler = compiler
            self.mode = mode
        }
    }

    /// A plugin that is listed and enabled.
    public struct Plugin: Sendable, Hashable {
        /// Its name.
        public var name: String
        /// Its own version; empty for one that could not be loaded.
        public var version: String
        /// Whether the process is not ready without it.
        public var isRequired: Bool
        /// How it is; a check of its own that fails makes it ``PluginState/failed``.
        public var state: PluginState

        /// Makes one.
        public init(name: String, version: String, isRequired: Bool, state: PluginState) {
            self.name = name
            self.version = version
            self.isRequired = isRequired
            self.state = state
        }
    }

    /// What runs; nil where there is no server around.
    public var build: Build?
    /// Whether the process wants traffic.
    public var isReady: Bool
    /// In start order, those that were left out behind them.
    public var plugins: [Plugin]

    /// Makes a report.
    public init(build: Build? = nil, isReady: Bool = false, plugins: [Plugin] = []) {
        self.build = build
        self.isReady = isReady
        self.plugins = plugins
    }
}
