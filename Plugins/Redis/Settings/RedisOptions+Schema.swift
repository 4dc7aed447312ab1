import PluginAPI

extension RedisOptions {
    static let schema: SettingsSchema = [
        .secret("url", "redis://user:password@host:port/database; rediss:// with TLS; unix:///path of a socket."),
        .string("host", "The server's name or address, or the absolute path of its socket; in place of a URL."),
        .integer("port", in: 1...65_535, "The server's port; 6379 unless stated."),
        .string("username", "The user of Redis' access lists; without it the default user."),
        .secret("password", "The user's password."),
        .integer("database", in: 0...1_000_000, "The number of the database the keys are in; 0 unless stated."),
        .stringList("sentinels", "Sentinels (host:port) that are asked where the master is; in place of a host."),
        .string("sentinel_master", "The name under which the Sentinels watch the master."),
        .string("sentinel_username", "The user towards the Sentinels."),
        .secret("sentinel_password", "The password towards the Sentinels."),
        .boolean(
            "cluster", default: false,
            "The server is a node of a Redis Cluster (Redis 7 or newer), which names the others."),
        .stringList("cluster_nodes", "More nodes of the cluster (host:port) that may be asked for it."),
        .boolean("tls", default: false, "Speaks TLS, also with the Sentinels; rediss:// says the same."),
        .string("tls_ca", "The file with the authorities that servers' certificates are signed by; else the system's."),
        .string("tls_certificate", "The file with our certificate, where servers want one."),
        .string("tls_key", "The file with its private key."),
        .choice(
            "tls_verify", of: RedisTLS.Verification.self, default: .full,
            "full also checks the server's name, certificate only who signed, none neither."),
        .string("prefix", default: "rq:", "What every key and channel begins with; one for each deployment."),
        .duration(
            "connect_timeout", default: .seconds(3), in: .milliseconds(100) ... .seconds(60),
            "How long an attempt to connect may take, asking Sentinels included."),
        .duration(
            "command_timeout", default: .seconds(5), in: .milliseconds(100) ... .seconds(60),
            "How long an answer may take; a server that is silent for so long is given up."),
        .duration(
            "limit_patience", default: .milliseconds(25), in: .milliseconds(1) ... .seconds(1),
            "How long a question about a rate limit may take; then each node counts by itself until Redis is back."),
        .integer(
            "queue_limit", default: 10_000, in: 1...1_000_000,
            "How many commands may wait for answers; beyond it they are refused at once."),
        .byteCount(
            "queue_bytes", default: 64 << 20, in: (64 << 10)...(1 << 30),
            "How many bytes of commands may wait for answers."),
    ]
}
