import PluginAPI

/// The variables that deployments of the product already set; they keep their meaning without any file edit.
///
/// Each is laid over the file before `REPLYHQ_…`, keeps its name as the origin, and says so when it replaces a value
/// of the file. Empty ones count as not set, except `REDIS_URL`, where empty means off. One that names a part of the
/// product (`DATABASE_URL`, `REDIS_URL`, `FIREBASE_SERVICE_ACCOUNT_JSON`) also lists the plugin that it needs, where the
/// file does not; one that only sets a value of a plugin is a warning then.
struct SeedVariables {
    static let names: Set<String> = [
        "PORT", "LOG_LEVEL", "NODE_ENV", "ALLOWED_ORIGINS", "MASTER_API_KEY", "JWT_SECRET", "BASE_URL", "DATABASE_URL",
        "REDIS_URL", "FIREBASE_SERVICE_ACCOUNT_JSON", "SENTRY_DSN",
    ]

    private(set) var root: SettingsNode
    private(set) var errors: [SettingsError] = []
    private(set) var notices: [ConfigurationNotice] = []

    init(root: SettingsNode) {
        self.root = root
    }

    mutating func apply(_ environment: [String: String]) {
        func stated(_ name: String) -> String? {
            environment[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        if let port = stated("PORT") { set(["server", "port"], port, "PORT") }
        if let level = stated("LOG_LEVEL") { set(["log", "level"], Self.level(level), "LOG_LEVEL") }
        if let mode = stated("NODE_ENV") { applyMode(mode) }
        if let origins = stated("ALLOWED_ORIGINS") { set(["server", "cors_origins"], origins, "ALLOWED_ORIGINS") }
        for name in ["MASTER_API_KEY", "JWT_SECRET", "BASE_URL"] {
            if let value = stated(name) { setOrWarn("Admin", name.lowercased(), value, name) }
        }
        if let value = stated("FIREBASE_SERVICE_ACCOUNT_JSON") {
            applyFirebase(value)
        }
        if let url = stated("DATABASE_URL") { applyDatabase(url) }
        if let url = environment["REDIS_URL"] { applyRedis(url) }
        if stated("SENTRY_DSN") != nil { warn("SENTRY_DSN", "accepted, but nothing reports to Sentry") }
    }

    /// The names of Node's loggers as ours.
    private static func level(_ text: String) -> String {
        let names = ["warn": "warning", "http": "info", "verbose": "debug", "silly": "trace", "fatal": "critical"]
        return names[text.lowercased()] ?? text.lowercased()
    }

    private mutating func applyMode(_ mode: String) {
        switch mode.lowercased() {
        case "development", "production": set(["environment"], mode.lowercased(), "NODE_ENV")
        case "test": set(["environment"], "development", "NODE_ENV")
        default:
            warn("NODE_ENV", "\"\(mode)\" is neither development nor production; taken as production")
            set(["environment"], "production", "NODE_ENV")
        }
    }
}

extension SeedVariables {
    mutating func set(_ path: [String], _ value: String, _ variable: String) {
        let replaced = root.set(path, to: value, from: variable)
        note(path.joined(separator: "."), variable, replaced)
    }

    /// The account for pushes: the way to phones, and what decides on pushes, are there then. `disabled` or `false`: none.
    private mutating func applyFirebase(_ account: String) {
        let variable = "FIREBASE_SERVICE_ACCOUNT_JSON"
        guard !Self.isOff(account) else { return }
        let index = root.pluginIndex("FCM") ?? addPlugin("FCM", variable)
        if root.pluginIndex("Push") == nil { _ = addPlugin("Push", variable) }
        setPlugin(index, ["settings", "service_account"], account, variable)
        for name in ["FCM", "Push"] where isDisabled(root.pluginIndex(name)) {
            warn(variable, "nothing is pushed: plugin \(name) is disabled")
        }
    }

    static func isOff(_ value: String) -> Bool { ["", "disabled", "false"].contains(value.lowercased()) }

    func isDisabled(_ index: Int?) -> Bool {
        let stated = index.flatMap { root["plugins"]?.items?[$0]["enabled"]?.scalar?.text.lowercased() }
        return ["false", "no", "off", "0"].contains(stated)
    }

    /// Lists a plugin that the file does not.
    ///
    /// - Returns: its index.
    mutating func addPlugin(_ name: String, _ variable: String) -> Int {
        root.addPlugin(name, from: variable)
        notices.append(ConfigurationNotice(.info, "environment \(variable) adds plugin \(name)"))
        return (root["plugins"]?.items?.count ?? 1) - 1
    }

    mutating func setOrWarn(_ plugin: String, _ key: String, _ value: String, _ variable: String) {
        guard let index = root.pluginIndex(plugin) else {
            return warn(variable, "nothing uses it: no plugin \(plugin) is listed")
        }
        setPlugin(index, ["settings", key], value, variable)
    }

    mutating func setPlugin(_ index: Int, _ path: [String], _ value: String, _ variable: String) {
        let replaced = root.withPlugin(at: index) { $0.set(path, to: value, from: variable) } ?? nil
        note("plugins[\(index)]." + path.joined(separator: "."), variable, replaced)
    }

    /// Puts another plugin in an entry's place, without settings.
    mutating func replacePlugin(_ index: Int, by name: String, _ variable: String) {
        let replaced = root.withPlugin(at: index) { entry in
            defer {
                entry = SettingsNode(.mapping([]), origin: .environment(variable))
                entry.set(["name"], to: name, from: variable)
            }
            return (name: entry.pluginName, origin: entry.origin)
        }
        guard let replaced else { return }
        let place = replaced.origin.mark.map { " at \($0)" } ?? ""
        let message = "environment \(variable) puts plugin \(name) in place of \(replaced.name ?? "another")\(place)"
        notices.append(ConfigurationNotice(.info, message))
    }

    mutating func warn(_ variable: String, _ message: String) {
        notices.append(ConfigurationNotice(.warning, "environment \(variable): \(message)"))
    }

    mutating func fail(_ variable: String, _ message: String) {
        errors.append(SettingsError(origin: .environment(variable), path: "", message: message))
    }

    private mutating func note(_ path: String, _ variable: String, _ replaced: SettingsOrigin?) {
        guard let mark = replaced?.mark else { return }
        notices.append(ConfigurationNotice(.info, "environment \(variable) sets \(path) in place of \(mark)"))
    }
}
