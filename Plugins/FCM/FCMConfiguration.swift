import PluginAPI

/// The settings of the plugin.
struct FCMConfiguration: Sendable {
    /// One Firebase project's account, and whose pushes go there.
    struct Project: Sendable {
        var apps: [AppID]
        var account: Secret
    }

    /// The account of all apps that have none of their own; nil: they are not pushed for.
    var account: Secret?
    var projects: [Project] = []
    /// Where messages are sent.
    var endpoint = "https://fcm.googleapis.com"
    /// Certificates to trust instead of the system's; nil: the system's.
    var certificates: String?
    /// How long a request may take.
    var timeout: Duration = .seconds(10)
    var connectTimeout: Duration = .seconds(5)
    /// How long it is waited for an access token.
    var tokenPatience: Duration = .seconds(10)

    static let schema: SettingsSchema = [
        .secret(
            "service_account",
            "the service account of a Firebase project, as JSON or the path of a file; without one nothing is pushed"),
        .sections(
            "projects",
            [
                .stringList("apps", required: true, "the ids of the apps"),
                .secret("service_account", required: true, "their service account, as JSON or the path of a file"),
            ],
            "apps that have a Firebase project of their own"),
        .string("endpoint", default: "https://fcm.googleapis.com", "where messages are sent; https only"),
        .string("ca_file", default: "", "a file of certificates to trust instead of the system's"),
        .duration(
            "timeout", default: .seconds(10), in: .milliseconds(100) ... .seconds(15), "how long a request may take"),
        .duration(
            "connect_timeout", default: .seconds(5), in: .milliseconds(100) ... .seconds(15),
            "how long connecting may take"),
    ]
}

extension FCMConfiguration {
    init(_ settings: Settings) throws(SettingsError) {
        account = try settings.optionalSecret("service_account").flatMap { $0.isEmpty ? nil : $0 }
        for group in try settings.sections("projects") {
            projects.append(
                Project(
                    apps: try group.stringList("apps").map { AppID(rawValue: $0) },
                    account: try group.secret("service_account")))
        }
        endpoint = try settings.value("endpoint", expected: "a URL that begins with https://") { url in
            guard url.hasPrefix("https://"), url.utf8.count > 8 else { return nil }
            return url.hasSuffix("/") ? String(url.dropLast()) : url
        }
        let file = try settings.string("ca_file")
        certificates = file.isEmpty ? nil : file
        timeout = try settings.duration("timeout")
        connectTimeout = try settings.duration("connect_timeout")
    }
}
