import PluginAPI

/// The settings of this plugin.
struct AdminSettings {
    /// The shortest secret that is not guessed by trying: as long as the digest (RFC 7518 section 3.2).
    static let secretLength = 32
    /// The same for the key of the set-up routes, whose guesses are limited.
    static let masterKeyLength = 16

    var masterKey: Secret?
    /// What access tokens are signed with; nil: nobody can log in with one. There is no default: it would be public.
    var tokenSecret: Secret?
    /// Where this server is reached from outside.
    var baseURL: String?
    var acceptsClientKeys: Bool
    /// Set-up requests each second and address; 0: no limit.
    var setupRate: Double
    var setupBurst: Int
    /// What to tell the operator at the start.
    private(set) var warnings: [String] = []

    init(_ settings: Settings, environment: HostEnvironment) throws(SettingsError) {
        masterKey = try settings.optionalSecret("master_api_key").flatMap { $0.isEmpty ? nil : $0 }
        tokenSecret = try settings.optionalSecret("jwt_secret").flatMap { $0.isEmpty ? nil : $0 }
        baseURL = try settings.optionalString("base_url")
        acceptsClientKeys = try settings.bool("client_key_login")
        setupRate = try settings.number("setup_rate")
        setupBurst = try settings.int("setup_burst")
        if let baseURL, !baseURL.hasPrefix("http://"), !baseURL.hasPrefix("https://") {
            throw settings.error("base_url", "must begin with http:// or https://")
        }
        if let masterKey, masterKey.reveal().utf8.count < Self.masterKeyLength {
            let advice = "must have at least \(Self.masterKeyLength) bytes; make one with: openssl rand -hex 32"
            if environment == .production { throw settings.error("master_api_key", advice) }
            warnings.append("master_api_key \(advice)")
        }
        if let tokenSecret {
            if tokenSecret.reveal().utf8.count < Self.secretLength {
                let advice = "must have at least \(Self.secretLength) bytes; make one with: openssl rand -base64 48"
                if environment == .production { throw settings.error("jwt_secret", advice) }
                warnings.append("jwt_secret \(advice)")
            }
        } else {
            warnings.append("jwt_secret is not set: no agent can log in with an access token")
        }
        if acceptsClientKeys {
            warnings.append("client_key_login is on: everyone who has an app can read all conversations of that app")
        }
    }

    static let schema: SettingsSchema = [
        .secret("master_api_key", "What the set-up routes ask for, 16 bytes or more; without it they are closed."),
        .secret("jwt_secret", "What agents' access tokens are signed with, 32 bytes or more."),
        .string("base_url", "Where this server is reached from outside, such as https://chat.example.org."),
        .boolean(
            "client_key_login", default: false,
            "Accept an app's client key as an agent's login, as the first generations did. Every user has that key."),
        .number(
            "setup_rate", default: 0.1, in: 0...1_000_000,
            "Requests per second and client address to the set-up routes; 0: no limit."),
        .integer("setup_burst", default: 10, in: 1...1_000_000, "Set-up requests an address may make at once."),
    ]
}
