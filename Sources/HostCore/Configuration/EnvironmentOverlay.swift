import PluginAPI

/// Variables that set any value of the file: `REPLYHQ_SERVER__PORT=4000` is `server.port`.
///
/// Two underscores go one level down. A plugin is found by its name: `REPLYHQ_PLUGINS__LEGACYWS__ENABLED=false`,
/// `REPLYHQ_PLUGINS__SQLITE__SETTINGS__PATH=/var/lib/replyhq.db`. An empty value puts the default back.
struct EnvironmentOverlay {
    static let prefix = "REPLYHQ_"

    private(set) var root: SettingsNode
    private(set) var errors: [SettingsError] = []
    private(set) var notices: [ConfigurationNotice] = []

    init(root: SettingsNode) {
        self.root = root
    }

    mutating func apply(_ environment: [String: String]) {
        let own = environment.filter { $0.key.hasPrefix(Self.prefix) && !Self.isReserved($0.key) }
        let foreign = own.filter { name, value in
            Self.known[name.uppercased()] == nil && ServiceVariable.isOne(name.dropFirst(Self.prefix.count), value)
        }
        if !foreign.isEmpty {
            let names = foreign.keys.sorted().joined(separator: ", ")
            notices.append(
                ConfigurationNotice(.info, "passed over as variables of services beside this process: \(names)"))
        }
        let variables = own.filter { foreign[$0.key] == nil }.sorted { $0.key < $1.key }
        // Added plugins first, so that their settings find them whatever the order of the names.
        for (name, value) in variables { addPlugin(name, value) }
        for (name, value) in variables { apply(name, value) }
    }

    /// Read elsewhere: the path of the file itself, and whatever the tests tell each other.
    static func isReserved(_ name: String) -> Bool {
        name == "REPLYHQ_CONFIG" || name.hasPrefix("REPLYHQ_TEST_")
    }

    private static func segments(_ name: String) -> [String] {
        name.dropFirst(prefix.count).split(separator: "__").map(String.init)
    }

    private mutating func addPlugin(_ name: String, _ value: String) {
        let parts = Self.segments(name)
        guard parts.count == 3, parts[0].lowercased() == "plugins", parts[2].lowercased() == "enabled",
            ["true", "yes", "on", "1"].contains(value.lowercased()), root.pluginIndex(parts[1]) == nil
        else { return }
        root.addPlugin(parts[1], from: name)
    }

    private mutating func apply(_ name: String, _ value: String) {
        let parts = Self.segments(name)
        let path = parts.map { $0.lowercased() }
        if path.first == "plugins", path.count >= 3 {
            applyPlugin(name, value, plugin: parts[1], path: Array(path.dropFirst(2)))
        } else if let path = Self.known[name.uppercased()] {
            root.set(path, to: value, from: name)
        } else {
            fail(name, "unknown key" + NearestName.hint(for: name, in: Self.known.keys.sorted()))
        }
    }

    private mutating func applyPlugin(_ name: String, _ value: String, plugin: String, path: [String]) {
        guard let index = root.pluginIndex(plugin) else {
            let names = root["plugins"]?.items?.compactMap(\.pluginName) ?? []
            let message = "no plugin \"\(plugin)\" is listed" + NearestName.hint(for: plugin, in: names)
            guard path == ["enabled"] else { return fail(name, message) }
            notices.append(ConfigurationNotice(.warning, "environment \(name): \(message)"))
            return
        }
        let fields = HostSchema.plugin.keys.map(\.name).filter { $0 != "settings" }
        guard path.count == 1 && fields.contains(path[0]) || path.count > 1 && path[0] == "settings" else {
            let nearest = NearestName.find(path[0], in: fields + ["settings"]).map { field in
                let rest = field == "settings" ? path.dropFirst().first ?? "<key>" : nil
                let parts = ["plugins", plugin, field] + (rest.map { [$0] } ?? [])
                return "; did you mean \"\(Self.prefix)\(parts.joined(separator: "__").uppercased())\"?"
            }
            return fail(name, "unknown key" + (nearest ?? ""))
        }
        _ = root.withPlugin(at: index) { $0.set(path, to: value, from: name) }
    }

    private mutating func fail(_ name: String, _ message: String) {
        errors.append(SettingsError(origin: .environment(name), path: "", message: message))
    }

    /// Every variable that the schema makes, with the path that it sets.
    private static let known = variables(HostSchema.root, path: [])

    private static func variables(_ schema: SettingsSchema, path: [String]) -> [String: [String]] {
        var result: [String: [String]] = [:]
        for key in schema.keys {
            let path = path + [key.name]
            switch key.kind {
            case .section(let inner): result.merge(variables(inner, path: path)) { first, _ in first }
            case .sections, .any: break
            default: result[prefix + path.joined(separator: "__").uppercased()] = path
            }
        }
        return result
    }
}
