import PluginAPI

extension PostgresOptions {
    /// How the connection that listens is made; nil: as all others are.
    static func listening(
        _ settings: Settings, of main: ConnectionOptions
    ) throws(SettingsError) -> ConnectionOptions? {
        guard let text = try settings.optionalSecret("listen_url") else { return nil }
        var url: ConnectionURL
        do throws(ConnectionURL.Refusal) {
            url = try ConnectionURL(text.reveal())
        } catch {
            throw settings.error("listen_url", error.problem)
        }
        guard !url.namesPooler else {
            throw settings.error("listen_url", "must be the server's own address, not a pooler's")
        }
        // A port of the pooler's would not be the server's.
        let places: Set = url.options["host"] ?? url.options["hostaddr"] == nil ? [] : ["host", "hostaddr", "port"]
        for (name, value) in main.keywords where !places.contains(name) && url.options[name] == nil {
            url.options[name] = value
        }
        url.options.searchPath = url.options.searchPath ?? main.searchPath
        url.options.statementTimeout = main.statementTimeout
        return url.options
    }

    /// Listening takes a session that stays the same, which a pooler in transaction mode does not give.
    func checkListening(_ settings: Settings) throws(SettingsError) {
        guard listening == nil, !connection.sendsSessionOptions else { return }
        throw settings.error(
            "listen_url",
            "required with topology \"postgres\" when prepared_statements is off: LISTEN does not work through a pooler "
                + "in transaction mode; state the server's own address")
    }
}
