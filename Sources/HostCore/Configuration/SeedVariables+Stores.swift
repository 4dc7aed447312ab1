import PluginAPI

extension SeedVariables {
    /// `DATABASE_URL` names the store: the SQLite plugin's file, or a PostgreSQL server. Either takes the place of the
    /// other, also where only that is listed, and is added where neither is.
    mutating func applyDatabase(_ url: String) {
        let variable = "DATABASE_URL"
        let scheme = url.firstRange(of: "://").map { url[..<$0.lowerBound].lowercased() }
        let sqlite = root.pluginIndex("SQLite")
        if scheme == "postgres" || scheme == "postgresql" {
            applyPostgres(url, sqlite: sqlite)
        } else if let path = Self.sqlitePath(url, scheme: scheme) {
            applySQLite(path, sqlite: sqlite)
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
            setPlugin(addPlugin("Postgres", variable), ["settings", "url"], url, variable)
        }
    }

    private mutating func applySQLite(_ path: String, sqlite: Int?) {
        let variable = "DATABASE_URL"
        let postgres = root.pluginIndex("Postgres")
        if let sqlite {
            setPlugin(sqlite, ["settings", "path"], path, variable)
            if isDisabled(sqlite) { setPlugin(sqlite, ["enabled"], "true", variable) }
            if let postgres, !isDisabled(postgres) { setPlugin(postgres, ["enabled"], "false", variable) }
        } else if let postgres {
            replacePlugin(postgres, by: "SQLite", variable)
            setPlugin(postgres, ["settings", "path"], path, variable)
        } else {
            setPlugin(addPlugin("SQLite", variable), ["settings", "path"], path, variable)
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

    /// `REDIS_URL` names the bus, and lists the plugin where the file does not; empty, `disabled` or `false` means that
    /// there is none.
    mutating func applyRedis(_ url: String) {
        let variable = "REDIS_URL"
        let isOff = Self.isOff(url)
        guard let index = root.pluginIndex("Redis") else {
            if !isOff { setPlugin(addPlugin("Redis", variable), ["settings", "url"], url, variable) }
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
