import PluginAPI

/// Every key of a configuration file: the one place where names, bounds, defaults and meanings are stated.
public enum HostSchema {
    /// The whole file.
    public static let root: SettingsSchema = [
        .choice(
            "environment", of: HostEnvironment.self, default: .production,
            "What the process runs for; NODE_ENV sets it."),
        .choice(
            "topology", of: Topology.self, default: .single,
            "What carries events between processes: none, Redis, or PostgreSQL."),
        .section("server", server, "The listener and its limits."),
        .duration(
            "start_timeout", default: .seconds(30), in: .seconds(1) ... .seconds(3600),
            "How long one plugin may take to start before it counts as failed."),
        .section("log", log, "What is logged, and how."),
        .section("shutdown", shutdown, "How a stopping process lets its clients go."),
        .section("control", control, "The socket through which commands reach the running process."),
        .stringList(
            "plugin_directories", default: [],
            "Where plugins are looked for by name; by default beside the executable and in ../lib/plugins."),
        .sections("plugins", plugin, "The plugins; only what is listed is loaded."),
    ]

    static let server: SettingsSchema = [
        .string("host", default: "0.0.0.0", "The address to listen on; 127.0.0.1 is this machine only."),
        .integer("port", default: 3000, in: 0...65535, "The port; 0 takes any free one. PORT sets it."),
        .integer("backlog", default: 1024, in: 1...65535, "Connections that wait in the kernel to be accepted."),
        .integer("event_loops", default: 0, in: 0...1024, "Threads that serve connections; 0 is one per core."),
        .integer(
            "max_connections", default: 200_000, in: 1...10_000_000,
            "Connections at once; more are accepted only as others close."),
        .duration(
            "idle_timeout", default: .seconds(75), in: .seconds(1) ... .seconds(3600),
            "How long an HTTP connection may be silent between requests."),
        .duration(
            "request_timeout", default: .seconds(30), in: .seconds(1) ... .seconds(3600),
            "How long a request's header and body may take to arrive."),
        .byteCount("max_header_bytes", default: 16_384, in: 1024...1_048_576, "The largest request header."),
        .byteCount("max_body_bytes", default: 102_400, in: 1024...104_857_600, "The largest request body."),
        .byteCount(
            "max_unsent_bytes", default: 134_217_728, in: 1_048_576...1_099_511_627_776,
            "Answers that wait for their readers, in all connections together."),
        .list(
            "trusted_proxies", of: AddressRange.form,
            "Addresses or CIDR ranges whose X-Forwarded-For is believed.",
            accepts: { AddressRange($0) != nil }),
        .list(
            "cors_origins", of: CORSOrigins.form, default: ["http://localhost:3000", "http://localhost:5173"],
            "Origins that browsers may call from; https://*.example.com is every name under it, \"*\" any origin, without "
                + "credentials. ALLOWED_ORIGINS sets it.",
            accepts: { CORSOrigins.origin($0) != nil }),
        .sections("retired_paths", retiredPath, "Paths that may not be served any more, and what takes their place."),
        .section("tls", tls, "TLS on the listener; leave out when a proxy does it."),
    ]

    static let tls: SettingsSchema = [
        .string("certificate", required: true, "The PEM file of the certificate and its chain."),
        .string("private_key", required: true, "The PEM file of the private key."),
        .choice("min_version", of: TLSVersion.self, default: .tls12, "The oldest TLS that is spoken."),
    ]

    static let retiredPath: SettingsSchema = [
        .string("path", required: true, "The path, without a slash at its end."),
        .string("replacement", required: true, "What the 404 names: a path or a URL."),
    ]

    static let log: SettingsSchema = [
        .choice(
            "level", of: LogLevel.self, default: .info,
            "The least severe line that is written; LOG_LEVEL sets it."),
        .choice("format", of: LogFormat.self, default: .auto, "text, json, or auto: text on a terminal, else json."),
    ]

    static let shutdown: SettingsSchema = [
        .duration(
            "deadline", default: .seconds(30), in: .seconds(1) ... .seconds(3600),
            "After this long, whatever still runs is cut off."),
        .duration(
            "notice", default: .seconds(1), in: .zero ... .seconds(300),
            "Between telling connected clients that the server stops and closing their connections."),
        .duration(
            "min_reconnect", default: .seconds(1), in: .zero ... .seconds(3600),
            "The earliest time at which clients are told to come back."),
        .duration(
            "max_reconnect", default: .seconds(10), in: .zero ... .seconds(3600),
            "The latest; clients are spread evenly between the two."),
    ]

    static let control: SettingsSchema = [
        .boolean("enabled", default: true, "Whether there is one; without it only signals reach the process."),
        .string(
            "socket",
            "The socket's path, at most 100 bytes; by default one of the process's own in /run/replyhq, /run/user/<uid> "
                + "or /tmp/replyhq-<uid>."),
    ]

    static let plugin: SettingsSchema = [
        .string("name", "The plugin's name: the file lib<name>.so in a plugin directory."),
        .string("path", "The plugin's file itself, when it lies elsewhere."),
        .boolean("enabled", default: true, "Whether it is loaded at all."),
        .boolean("required", default: true, "Whether the process refuses to start without it."),
        SettingKey("settings", .any, "The plugin's own settings; the plugin declares which there are."),
    ]
}
