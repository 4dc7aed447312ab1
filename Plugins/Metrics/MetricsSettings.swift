import PluginAPI

/// The settings of this plugin: who may read.
struct MetricsSettings: Sendable {
    /// The shortest token that is not guessed by trying, in bytes.
    static let tokenLength = 16

    /// What readers from elsewhere show; nil: none is let in.
    var token: Secret?
    /// Whether readers on this machine need none.
    var opensToLoopback: Bool

    init(_ settings: Settings, environment: HostEnvironment) throws(SettingsError) {
        token = try settings.optionalSecret("token").flatMap { $0.isEmpty ? nil : $0 }
        if let token, token.reveal().utf8.count < Self.tokenLength {
            throw settings.error(
                "token", "must have at least \(Self.tokenLength) bytes; make one with: openssl rand -hex 32")
        }
        // Everything that a proxy on this machine passes on comes from this machine.
        let isOpen = environment == .development && token == nil
        opensToLoopback = settings.isSet("loopback") ? try settings.bool("loopback") : isOpen
    }

    var access: PageAccess { PageAccess(token: token, opensToLoopback: opensToLoopback) }

    static let schema: SettingsSchema = [
        .secret("token", "What readers show as \"Authorization: Bearer …\", 16 bytes or more."),
        .boolean(
            "loopback",
            "Let readers on this machine in without a token; not with a proxy on it that passes /metrics on. Unless "
                + "stated: only in development, and without a token."),
    ]
}
