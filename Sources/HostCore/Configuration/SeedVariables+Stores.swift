import PluginAPI

extension SeedVariables {
    /// `DATABASE_URL` names the store: the SQLite plugin's file, or a PostgreSQL server. The latter takes the place of
    /// SQLite, also where only that is listed.
    mutating func applyDatabase(_ url: String) {
        let variable = "DATABASE_URL"
        let scheme = url.firstRange(of: "://").map { url[..<$0.lowerBound].lowercased() }
        let sqlite = root.pluginIndex("SQLite")
        if scheme == "postgres" || scheme == "postgresql" {
            applyPostgres(url, sqlite: sqlite)
        } else if let path = Self.sqlitePath(url, scheme: scheme) {
            guard let sqlite else { return warn(variable, "nothing uses it: no plugin SQLite is listed") }
            setPlugin(sqlite, ["settings", "path"], path, variable)
        } else {
            let shown = Redaction.redact(urlsIn: url)
            fail(variable, "expected \"sqlite:\", \"postgres://\" or a file's path, got \"\(shown)\"")
        }
    }

    private mutating func applyPostgres(_ url: String, sqlite: Int?) {
        let variable = "DATABASE_URL"
        if let postgres = root.pluginIndex("Postgres") {
            setPlugin(postgres, ["settings", "url"], url, variable)
            setPlugin(postgres, ["enabled"], "true", variable)
            if let sqlite { setPlugin(sqlite, ["enabled"], "false", variable) }
        } else if let sqlite {
            // Nothing of what is said about a file holds for a server.
            replacePlugin(sqlite, by: "Postgres", variable)
            setPlugin(sqlite, ["settings", "url"], url, variable)
        } else {
            warn(variable, "nothing uses it: no plugin Postgres is listed")
        }
    }

    /// The file of `sqlite:app.db`, `sqlite:///var/app.db`, `file:./app.db` or a bare path.
    static func sqlitePath(_ url: String, scheme: String?) -> String? {
        var path = url[...]
        var isURL = true
        if scheme == "sqlite" || scheme == "sqlite3" || scheme == "file" {
            path = path[(path.firstRange(of: "://")?.upperBound ?? path.startIndex)...]
        } else if scheme != nil {
            return nil
        } else if let prefix = ["sqlite:", "sqlite3:", "file:"].first(where: { url.lowercased().hasPrefix($0) }) {
            path = path.dropFirst(prefix.count)
        } else {
            isURL = false
        }
        if isURL, let query = path.firstIndex(of: "?") { path = path[..<query] }
        return path.isEmpty ? nil : String(path)
    }

    /// `REDIS_URL` names the bus; empty, `disabled` or `false` means that there is none.
    mutating func applyRedis(_ url: String) {
        let variable = "REDIS_URL"
        let isOff = ["", "disabled", "false"].contains(url.lowercased())
        guard let index = root.pluginIndex("Redis") else {
            if !isOff { warn(variable, "nothing uses it: no plugin Redis is listed") }
            return
        }
        guard isOff else {
            setPlugin(index, ["settings", "url"], url, variable)
            return setPlugin(index, ["enabled"], "true", variable)
        }
        // Who writes `required: true` says that running without Redis is worse than not running.
        let required = root["plugins"]?.items?[index]["required"]
        if let required, required.scalar?.text.lowercased() == "true" {
            return fail(variable, "turns Redis off, but \(required.origin) says that it is required")
        }
        setPlugin(index, ["enabled"], "false", variable)
    }
}
