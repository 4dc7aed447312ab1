import PluginAPI

/// Which of the host's own keys differ between two configurations, and which of those can change while it runs.
struct HostChanges: Hashable {
    /// They hold as soon as the host follows.
    let adoptable: [String]
    /// They hold only after a restart.
    let needRestart: [String]

    /// Keys, or groups of them, that the running process can follow.
    private static let live = [
        "start_timeout", "plugin_directories", "log.level", "shutdown.", "server.max_connections",
        "server.idle_timeout", "server.request_timeout", "server.max_header_bytes", "server.max_body_bytes",
        "server.max_unsent_bytes", "server.trusted_proxies", "server.cors_origins",
    ]

    /// - Parameters:
    ///   - started: what the process was started with, which keys that cannot change still have.
    ///   - current: what it follows now.
    init(started: EffectiveConfiguration, current: EffectiveConfiguration, next: EffectiveConfiguration) {
        let (first, now, then) = (started.hostValues, current.hostValues, next.hostValues)
        adoptable = Self.differences(now, then).filter(Self.isLive)
        needRestart = Self.differences(first, then).filter { !Self.isLive($0) }
    }

    private static func isLive(_ key: String) -> Bool {
        live.contains { $0.hasSuffix(".") ? key.hasPrefix($0) : key == $0 }
    }

    private static func differences(_ left: [String: String], _ right: [String: String]) -> [String] {
        Set(left.keys).union(right.keys).filter { left[$0] != right[$0] }.sorted()
    }
}

extension EffectiveConfiguration {
    /// The host's values by their paths; the plugins left aside.
    fileprivate var hostValues: [String: String] {
        let own = values().filter { !$0.path.hasPrefix("plugins[") }
        return Dictionary(own.map { ($0.path, $0.text) }, uniquingKeysWith: { first, _ in first })
    }
}
