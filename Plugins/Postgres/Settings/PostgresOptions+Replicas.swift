import PluginAPI

extension PostgresOptions {
    /// What the primary's address and nothing else is made of.
    private static let places: Set = ["host", "hostaddr", "port", "target_session_attrs", "options"]

    /// How each replica is reached: what its URL leaves out is as for the primary, except where that is.
    static func replicas(
        _ settings: Settings, of primary: ConnectionOptions
    ) throws(SettingsError) -> [ConnectionOptions] {
        var replicas: [ConnectionOptions] = []
        for (number, text) in try settings.stringList("replicas", default: []).enumerated() {
            var url: ConnectionURL
            do throws(ConnectionURL.Refusal) {
                url = try ConnectionURL(text)
            } catch {
                throw settings.error("replicas", "replica \(number + 1) \(error.problem)")
            }
            guard !url.namesPooler else {
                throw settings.error("replicas", "replica \(number + 1) must be a server's own address, not a pooler's")
            }
            guard url.options["host"] != nil || url.options["hostaddr"] != nil else {
                throw settings.error("replicas", "replica \(number + 1) names no host")
            }
            for (name, value) in primary.keywords where !places.contains(name) && url.options[name] == nil {
                url.options[name] = value
            }
            // One that was promoted is a replica no longer.
            url.options["target_session_attrs"] = "standby"
            url.options.searchPath = url.options.searchPath ?? primary.searchPath
            url.options.statementTimeout = primary.statementTimeout
            replicas.append(url.options)
        }
        return replicas
    }

    /// How the pool of one of the ``replicas`` is used.
    func reading(from replica: ConnectionOptions) -> PostgresOptions {
        var options = self
        options.connection = replica
        options.writeConnections = 0
        options.preparesStatements = true
        return options
    }
}
