import PluginAPI

extension RedisOptions {
    init(_ settings: Settings) throws(SettingsError) {
        let url = try Self.url(settings)
        self.init(server: try Self.server(settings, url: url))
        credentials = try Self.credentials(settings, "username", "password") ?? url?.credentials
        sentinelCredentials = try Self.credentials(settings, "sentinel_username", "sentinel_password")
        database = try settings.optionalInt("database") ?? url?.database ?? 0
        if isCluster, database != 0 {
            throw settings.error(settings.isSet("database") ? "database" : "url", "a cluster has database 0 only")
        }
        tls = try Self.tls(settings, url: url)
        prefix = try settings.string("prefix")
        // Braces would name a slot of a cluster, and both would have to be quoted wherever keys are looked at.
        if prefix.isEmpty || prefix.utf8.count > 64
            || prefix.contains(where: { $0.isWhitespace || "{}*?[]".contains($0) })
        {
            throw settings.error("prefix", "expected 1…64 bytes without spaces, braces and wildcards")
        }
        limitPatience = try settings.duration("limit_patience")
        connectTimeout = try settings.duration("connect_timeout")
        commandTimeout = try settings.duration("command_timeout")
        queueLimit = try settings.int("queue_limit")
        queueByteCount = try settings.byteCount("queue_bytes")
    }

    private static func url(_ settings: Settings) throws(SettingsError) -> RedisURL? {
        guard let text = try settings.optionalSecret("url") else { return nil }
        for other in ["host", "port"] where settings.isSet(other) {
            throw settings.error(other, "stands beside a url, which names the server already")
        }
        do throws(RedisURL.Refusal) {
            return try RedisURL(text.reveal())
        } catch {
            throw settings.error("url", error.problem)
        }
    }

    private static func server(_ settings: Settings, url: RedisURL?) throws(SettingsError) -> Server {
        let sentinels = try settings.values("sentinels", expected: "host:port") {
            RedisAddress($0, standardPort: RedisAddress.sentinelPort)
        }
        let master = try settings.optionalString("sentinel_master")
        let isCluster = try settings.bool("cluster")
        if !isCluster, settings.isSet("cluster_nodes") {
            throw settings.error("cluster_nodes", "is of no use without cluster: true")
        }
        if sentinels.isEmpty {
            if master != nil { throw settings.error("sentinel_master", "is of no use without sentinels") }
            return isCluster ? try cluster(settings, url: url) : .fixed(try address(settings, url: url))
        }
        if isCluster { throw settings.error("cluster", "stands beside sentinels; a cluster watches itself") }
        for other in ["url", "host", "port"] where settings.isSet(other) {
            throw settings.error(other, "stands beside sentinels, which name the server")
        }
        guard let master, !master.isEmpty else {
            throw settings.error("sentinel_master", "required with sentinels: the name of the master that they watch")
        }
        return .sentinels(sentinels, master: master)
    }

    private static func cluster(_ settings: Settings, url: RedisURL?) throws(SettingsError) -> Server {
        let others = try settings.values("cluster_nodes", expected: "host:port") {
            RedisAddress($0, standardPort: RedisAddress.standardPort)
        }
        let isNamed = url != nil || settings.isSet("host")
        let nodes = isNamed || others.isEmpty ? [try address(settings, url: url)] + others : others
        if nodes.contains(where: { $0.host == nil }) {
            throw settings.error("cluster", "its nodes are reached by host and port, not by a socket")
        }
        return .cluster(nodes)
    }

    private static func address(_ settings: Settings, url: RedisURL?) throws(SettingsError) -> RedisAddress {
        if let url { return url.address }
        guard let host = try settings.optionalString("host"), !host.isEmpty else {
            throw settings.error("url", "required, but not set (or else host, or sentinels): where Redis is")
        }
        if host.hasPrefix("/") { return .socket(path: host) }
        if host.contains(where: { $0.isWhitespace || $0 == "/" || $0 == "@" }) {
            throw settings.error("host", "expected a name, an address or a socket's absolute path")
        }
        return .host(host, port: try settings.optionalInt("port") ?? RedisAddress.standardPort)
    }

    private static func credentials(
        _ settings: Settings, _ name: String, _ word: String
    ) throws(SettingsError) -> Credentials? {
        let username = try settings.optionalString(name)
        guard let password = try settings.optionalSecret(word), !password.isEmpty else {
            if username != nil { throw settings.error(name, "needs \(word) beside it") }
            return nil
        }
        return Credentials(username: username, password: password)
    }

    private static func tls(_ settings: Settings, url: RedisURL?) throws(SettingsError) -> RedisTLS? {
        let isOn = try settings.bool("tls")
        let files = ["tls_ca", "tls_certificate", "tls_key", "tls_verify"]
        guard isOn || url?.usesTLS == true else {
            if let file = files.first(where: settings.isSet) {
                throw settings.error(file, "is of no use without tls: true or a rediss:// URL")
            }
            return nil
        }
        if settings.isSet("tls_certificate") != settings.isSet("tls_key") {
            let stated = settings.isSet("tls_key") ? "tls_key" : "tls_certificate"
            throw settings.error(stated, "tls_certificate and tls_key go together")
        }
        return RedisTLS(
            authorities: try settings.optionalString("tls_ca"),
            certificate: try settings.optionalString("tls_certificate"), key: try settings.optionalString("tls_key"),
            verification: try settings.enumeration("tls_verify"))
    }
}
